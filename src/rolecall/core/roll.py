"""The roll call's questions and what the answers mean: which permission is missing, and who is to blame. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. The simulation knows
identity policies, boundaries and service control policies; not key, bucket, endpoint and resource control policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rolecall.core.config import RoleSection
from rolecall.core.ids import RoleArn
from rolecall.core.permission_groups import Statement
from rolecall.core.permission_groups.scoping import REGION_KEY, regions_of
from rolecall.core.policy import Outcome
from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.request import Context
from rolecall.core.probe import Answer, Question
from rolecall.core.read_back import LastUsed

CHECK_GROUP = "account-check"

NOT_PROVEN = (
    "that the role trusts nobody else (its trust policy is not read back), and what KMS key, bucket and VPC endpoint "
    "policies say (AWS does not simulate them)"
)
RCPS_NOT_PROVEN = "nor what resource control policies say, which could not be read"


class Access(StrEnum):
    """What a role does when the platform asks for it."""

    UNKNOWN = "unknown"
    ANSWERING = "answering"
    RESTRICTED = "restricted"
    REFUSED = "refused"
    OPEN = "open"


class Cause(StrEnum):
    """Who denies an action, as far as AWS tells."""

    ROLE = "the role's own policies"
    BOUNDARY = "the role's permissions boundary"
    SCP = "a service control policy"
    RCP = "a resource control policy"
    UNANSWERED = "AWS gave no answer for it"
    REALLY_ASKED = "what AWS does not simulate, such as endpoint, resource and key policies (refused when really asked)"


@dataclass(frozen=True, slots=True, order=True)
class MissingPermission:
    """An action that an enabled group needs and the role may not do in `region`. `policies` are named where known."""

    action: str
    groups: tuple[str, ...]
    cause: Cause
    region: str
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What the roll call found in one account. `assumed`: the platform can use the role, whatever else is wrong."""

    access: Access
    reason: str
    missing: tuple[MissingPermission, ...] = ()
    assumed: bool = False
    entry: str = ""
    """How the role lets the platform in, with which the reason begins."""
    message: str = ""
    """AWS's own words, of a role that was refused."""
    suspects: tuple[str, ...] = ()
    """What may be behind that, where somebody has looked into it: one, if it is shown."""
    beyond: tuple[str, ...] = ()
    """What a look in depth adds at the reason's end."""
    deviations: tuple[str, ...] | None = None
    """How the role differs from what was deployed; None where it was not read back."""
    last_used: LastUsed | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """All that is asked of a role, before it is known in which account: made once for a whole roll call.

    `asked` is in as few questions as give each statement its resources and context keys, once a Region that it is for.
    """

    role: RoleSection
    asked: tuple[tuple[str, Question], ...]
    """(Region, question), with the placeholders of the account in it."""

    @classmethod
    def of(cls, role: RoleSection, regions: Sequence[str]) -> Inquiry:
        merged: dict[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], dict[str, None]] = {}
        for statement in role.statements:
            question = statement.question
            for region in asked_in(statement, regions):
                key = (region, question.resources, tuple(sorted(question.context.items())))
                merged.setdefault(key, {}).update(dict.fromkeys(question.actions))
        asked = (
            (region, Question(tuple(actions), resources, dict(context)))
            for (region, resources, context), actions in merged.items()
        )
        return cls(role, tuple(asked))

    def questions(self, arn: RoleArn, now: datetime) -> tuple[Question, ...]:
        return tuple(self._question(region, question, arn, now) for region, question in self.asked)

    def _question(self, region: str, form: Question, arn: RoleArn, now: datetime) -> Question:
        own = {
            key: _substituted(value, self.role, arn, region)
            for key, value in form.context.items()
            if key.lower() not in _STANDING
        }
        resources = tuple(_substituted(resource, self.role, arn, region) for resource in form.resources)
        return Question(form.actions, resources, own | _standing_context(arn, region, now))


def missing_permissions(
    role: RoleSection, asked: Iterable[tuple[Question, Sequence[Answer]]]
) -> tuple[MissingPermission, ...]:
    """Every action asked that did not come out as allowed; one that was not answered counts as missing."""
    found: list[MissingPermission] = []
    for question, answers in asked:
        by_action = {answer.action.lower(): answer for answer in answers}
        for action in question.actions:
            answer = by_action.get(action.lower())
            if answer is None or answer.decision is not Outcome.ALLOWED:
                region = question.context["aws:RequestedRegion"]
                found.append(MissingPermission(action, groups_of(role, action), _cause(answer), region))
    return tuple(sorted(found))


def judge(missing: Sequence[MissingPermission], simulated: int) -> Proof:
    """The proof of a role that was assumed, `simulated` of whose actions were asked."""
    if not missing:
        return Proof(Access.ANSWERING, f"{simulated} permissions allowed", assumed=True)
    return Proof(Access.RESTRICTED, blame(missing), tuple(missing), assumed=True)


def with_missing(proof: Proof, more: Sequence[MissingPermission]) -> Proof:
    """The proof of a role that was assumed, and that lacks more than the simulation tells.

    What it lacks already is not told twice, whoever else denies it; who denies what was really refused is told instead.
    """
    told = {item.action for item in more}
    before = [item for item in proof.missing if item.cause is not Cause.REALLY_ASKED or item.action not in told]
    known = {item.action for item in before}
    new = [item for item in more if item.action not in known]
    if not new or proof.access not in (Access.ANSWERING, Access.RESTRICTED):
        return proof
    missing = tuple(sorted((*before, *new)))
    reason = "; ".join(filter(None, [proof.entry, blame(missing), *proof.beyond]))
    return replace(proof, access=Access.RESTRICTED, reason=reason, missing=missing)


def with_beyond(proof: Proof, *words: str) -> Proof:
    """The proof with what a look in depth says of it."""
    return replace(proof, reason="; ".join((proof.reason, *words)), beyond=(*proof.beyond, *words))


def not_simulated(role: RoleSection, message: str) -> Proof:
    """The role was assumed, but may not simulate its own policies: nothing is known of any permission."""
    if CHECK_GROUP not in role.permission_groups:
        reason = f"its permissions cannot be asked: the {CHECK_GROUP} group is off"
        return Proof(Access.UNKNOWN, reason, assumed=True)
    actions = sorted({action for statement in role.statements for action in statement.asked})
    missing = (MissingPermission(action, groups_of(role, action), Cause.UNANSWERED, "") for action in actions)
    reason = f"it may not simulate its policies, so that all {len(actions)} permissions are unproven: {message}"
    return Proof(Access.RESTRICTED, reason, tuple(missing), assumed=True)


def groups_of(role: RoleSection, action: str) -> tuple[str, ...]:
    """The enabled groups that need an action."""
    return tuple(group.id for group in role.groups if any(action in found.asked for found in group.statements))


def _cause(answer: Answer | None) -> Cause:
    if answer is None:
        return Cause.UNANSWERED
    if answer.allowed_by_organizations is False:
        return Cause.SCP
    if answer.allowed_by_boundary is False:
        return Cause.BOUNDARY
    return Cause.ROLE


def blame(missing: Sequence[MissingPermission]) -> str:
    """Such as "3 permissions of ebs denied by a service control policy (DenySnapshots): ec2:CreateSnapshot, …"."""
    clauses = []
    for cause, policies in sorted({(item.cause, item.policies) for item in missing}):
        items = [item for item in missing if (item.cause, item.policies) == (cause, policies)]
        actions = sorted({item.action for item in items})
        groups = sorted({group for item in items for group in item.groups})
        named = f" ({', '.join(policies)})" if policies else ""
        count = "1 permission" if len(actions) == 1 else f"{len(actions)} permissions"
        verb = "is unproven:" if cause is Cause.UNANSWERED else "denied by"
        clauses.append(f"{count} of {', '.join(groups)} {verb} {cause}{named}: {', '.join(actions)}")
    return "; ".join(clauses)


def asked_in(statement: Statement, regions: Sequence[str]) -> Sequence[str]:
    """The Regions that are asked about and in which the statement can hold; one of its own where none is both."""
    fitting = tuple(region for region in regions if _fits(statement, region))
    own = (value for key, value in statement.example_context.items() if key.lower() == REGION_KEY.lower())
    return fitting or regions_of(statement)[:1] or tuple(own) or regions


def _fits(statement: Statement, region: str) -> bool:
    """Whether the statement's conditions on the Region let it be this one."""
    context = Context({REGION_KEY.lower(): (region,)})
    return all(
        Condition.parse(operator, key, (value,) if isinstance(value, str) else value, variables=True).holds(context)
        for operator, keys in statement.conditions.items()
        for key, value in keys.items()
        if key.lower() == REGION_KEY.lower()
    )


_STANDING = ("aws:requestedregion", "aws:principalarn", "aws:currenttime")


def _standing_context(arn: RoleArn, region: str, now: datetime) -> dict[str, str]:
    """The keys that policies of the organization ask for and the simulator does not fill in by itself."""
    return {
        "aws:RequestedRegion": region,
        "aws:PrincipalArn": str(arn),
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _substituted(text: str, role: RoleSection, arn: RoleArn, region: str) -> str:
    values = {
        "${AWS::Partition}": arn.partition,
        "${AWS::AccountId}": arn.account,
        "${AWS::Region}": region,
        "${RoleName}": role.name,
        "${RolePath}": role.path,
    }
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text
