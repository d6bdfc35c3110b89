"""Roles that answer, or do not, as planted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rolecall.core.explain.documents import filled
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import StackContent
from rolecall.core.policy import Outcome
from rolecall.core.probe import Answer, AssumedRole, Caller, HarmlessCall, Question, Refusal
from rolecall.core.read_back import ReadBack, ReadRole
from rolecall.core.template.reading import read
from rolecall.errors import AccessDenied, Throttled

Deployed = Callable[[AccountId], StackContent | None]
"""What is deployed in an account, if anything."""

_PLATFORM = Caller("arn:aws:sts::111111111111:assumed-role/CadoResponsePlatform/session", "AROAPLATFORMEXAMPLE1")


@dataclass
class FakeRoleProbe:
    """The `DeepProbe` port. A role answers where it is deployed, to the external id of its stack's parameters.

    `open` roles answer anybody, `born` tells when (of the clock's monotonic time) a role begins to answer, `errors`
    are raised for an account, `denied` says who denies which actions: `scp`, `boundary` or `role`. `mute` roles may not
    simulate. `most_at_once` is how many calls were under way together. `meddled` changes what a role is read back as,
    `turned_down` are the actions of calls that are refused when they are really made, `failing` raise instead.
    """

    deployed: Deployed
    monotonic: Callable[[], float]
    open: set[AccountId] = field(default_factory=set)
    mute: set[AccountId] = field(default_factory=set)
    born: dict[AccountId, float] = field(default_factory=dict)
    errors: dict[AccountId, Exception] = field(default_factory=dict)
    denied: dict[AccountId, Mapping[str, str]] = field(default_factory=dict)
    assumed: list[tuple[AccountId, str | None]] = field(default_factory=list)
    questions: list[tuple[AccountId, Question]] = field(default_factory=list)
    meddled: dict[AccountId, Callable[[ReadBack], ReadBack]] = field(default_factory=dict)
    turned_down: dict[AccountId, set[str]] = field(default_factory=dict)
    failing: dict[str, Exception] = field(default_factory=dict)
    made: list[tuple[AccountId, HarmlessCall, str]] = field(default_factory=list)
    identity: Caller = _PLATFORM
    most_at_once: int = 0
    _at_once: int = 0

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        self.assumed.append((role.account, external_id))
        await self._answering()
        if error := self.errors.get(role.account):
            raise error
        content = self.deployed(role.account)
        wanted = _external_id(content) if content else None
        late = self.monotonic() < self.born.get(role.account, 0.0)
        if (
            content is None
            or not _is_there(role, content)
            or late
            or (wanted != external_id and wanted and role.account not in self.open)
        ):
            return Refusal(role, "AccessDenied", "AccessDenied: not authorized to perform sts:AssumeRole")
        return AssumedRole(role, "ASIAEXAMPLE", "the-secret-key", "the-session-token")

    async def caller(self) -> Caller:
        return self.identity

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        account = assumed.role.account
        self.questions.append((account, question))
        await self._answering()
        if account in self.mute:
            raise AccessDenied("AWS refused SimulatePrincipalPolicy", code="AccessDenied", detail="AccessDenied: no")
        denied = self.denied.get(account, {})
        return [_answer(action, denied.get(action)) for action in question.actions]

    async def read_back(self, assumed: AssumedRole, policies: Collection[str]) -> ReadBack:
        await self._answering()
        content = self.deployed(assumed.role.account)
        assert content is not None
        found = as_deployed(assumed.role, content, policies)
        meddle = self.meddled.get(assumed.role.account)
        return meddle(found) if meddle else found

    async def make(self, assumed: AssumedRole, call: HarmlessCall, region: str) -> Refusal | None:
        account = assumed.role.account
        self.made.append((account, call, region))
        await self._answering()
        if error := self.failing.get(call.action):
            raise error
        if call.action in self.turned_down.get(account, ()):
            return Refusal(assumed.role, "AccessDenied", f"AccessDenied: not authorized to perform {call.action}")
        return None

    async def _answering(self) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(0)
        self._at_once -= 1


def _external_id(content: StackContent) -> str | None:
    """By our parameter, or the vendor's."""
    return content.parameters.get("ExternalId") or content.parameters.get("ExternalID")


def _is_there(role: RoleArn, content: StackContent) -> bool:
    """Under one of our names, or under any where the template gives none."""
    names = {content.parameters.get(name) for name in ("RoleName", "FormerRoleName")} - {None}
    return role.name in names or not names


def as_deployed(role: RoleArn, content: StackContent, policies: Collection[str]) -> ReadBack:
    """As CloudFormation makes it of our template."""
    document = read(content.template)
    assert document is not None
    resources: dict[str, Any] = document["Resources"]
    values = {"AWS::Partition": role.partition, "AWS::AccountId": role.account, **content.parameters}
    managed = {}
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            told = filled(resource["Properties"], values)
            values[name] = f"arn:{role.partition}:iam::{role.account}:policy{told['Path']}{told['ManagedPolicyName']}"
            managed[values[name]] = told["PolicyDocument"]
    roles = (found["Properties"] for found in resources.values() if found["Type"] == "AWS::IAM::Role")
    told = next(one for found in roles if (one := filled(found, values))["RoleName"] == role.name)
    attached = tuple(told.get("ManagedPolicyArns", ()))
    inline = {found["PolicyName"]: found["PolicyDocument"] for found in told["Policies"]}
    return ReadBack(
        ReadRole(
            told["AssumeRolePolicyDocument"],
            told["MaxSessionDuration"],
            told.get("PermissionsBoundary"),
            {**content.tags, **{tag["Key"]: tag["Value"] for tag in told.get("Tags", ())}},
        ),
        attached,
        tuple(inline),
        inline,
        {arn: managed[arn] for arn in attached if arn in policies},
    )


def _answer(action: str, denied_by: str | None) -> Answer:
    if denied_by is None:
        return Answer(action, Outcome.ALLOWED, True, None)
    decision = Outcome.EXPLICIT_DENY if denied_by == "scp" else Outcome.IMPLICIT_DENY
    return Answer(action, decision, denied_by != "scp", False if denied_by == "boundary" else None)


def throttled() -> Throttled:
    return Throttled("AWS refused AssumeRole", code="Throttling", detail="Throttling: Rate exceeded")
