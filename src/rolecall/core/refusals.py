"""Why a role could not be assumed: what is shown by evidence, else all that AWS's answer leaves open. Pure.

AWS answers AssumeRole of a role that is not there, that trusts somebody else, or that a policy forbids, in the same
words. What tells them apart is the role itself, where somebody may look it up, and the organization's policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rolecall.core.blame import EVERYTHING, Levels
from rolecall.core.config import RoleSection
from rolecall.core.denying import denied_by
from rolecall.core.ids import RoleArn, account_of
from rolecall.core.policy import (
    MalformedPolicy,
    Policy,
    PolicySet,
    Principal,
    Request,
    Verdict,
    evaluate_assume_role,
)
from rolecall.core.preflight.model import FoundRole, Unknown
from rolecall.core.probe import Caller

_ACTION = "sts:AssumeRole"
_EXTERNAL_ID = "sts:externalid"


class Suspect(StrEnum):
    """What may be behind a refusal, for people."""

    NO_ROLE = "there is no such role"
    TRUST = "its trust policy does not let the platform in"
    EXTERNAL_ID = "its trust policy asks for another external id"
    CALLER = "the platform's own policies do not allow it"
    SCP = "a service control policy over the platform's account denies it"
    RCP = "a resource control policy over this account denies it"
    SESSION = "it allows no session as long as the platform asks for (check.session_seconds)"
    CHAINING = "a role that another role assumes has sessions of an hour at most (check.session_seconds)"


_OPEN = (Suspect.NO_ROLE, Suspect.TRUST, Suspect.EXTERNAL_ID, Suspect.CALLER, Suspect.SCP, Suspect.RCP)
_SAID: Mapping[str, Suspect] = {
    "exceeds the 1 hour session limit": Suspect.CHAINING,
    "exceeds the MaxSessionDuration": Suspect.SESSION,
    "in a service control policy": Suspect.SCP,
    "no service control policy": Suspect.SCP,
    "in a resource control policy": Suspect.RCP,
    "no resource control policy": Suspect.RCP,
    "in an identity-based policy": Suspect.CALLER,
    "no identity-based policy": Suspect.CALLER,
    "in a permissions boundary": Suspect.CALLER,
    "no permissions boundary": Suspect.CALLER,
}
"""Parts of AWS's own words that leave nothing open."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one refusal. None: it does not apply; Unknown: nobody could look."""

    message: str
    """AWS's own."""
    role: FoundRole | Unknown | None
    """As it is looked up in its account; None: there is none."""
    scps: Levels | Unknown | None
    """Those over the platform's account; None where service control policies do not reach it."""
    rcps: Levels | Unknown | None
    """Those over the role's account; None where resource control policies do not reach it."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the platform asks for one role: who it is, and the condition keys that are known."""

    request: Request
    external_id: str | None

    @classmethod
    def of(cls, role: RoleArn, caller: Caller, principal: str, external_id: str | None, context: Context) -> Asking:
        """`principal` is the ARN of the role or user behind the caller."""
        account = account_of(principal)
        session = caller.arn if ":assumed-role/" in caller.arn else None
        known = {
            "aws:PrincipalArn": (principal,),
            "aws:PrincipalAccount": (account,),
            **({"sts:ExternalId": (external_id,)} if external_id else {}),
            **context,
        }
        who = Principal(account, principal, caller.unique_id, session)
        return cls(Request(_ACTION, str(role), known, who), external_id)

    def with_external_id(self, value: str) -> Request:
        return replace(self.request, context={**self.request.context, "sts:ExternalId": (value,)})


Context = Mapping[str, tuple[str, ...]]


def suspects(evidence: Evidence, asking: Asking) -> tuple[Suspect, ...]:
    """Those that are shown; where none is, all that is not shown to be innocent."""
    said = next((suspect for words, suspect in _SAID.items() if words in evidence.message), None)
    if said:
        return (said,)
    found = dict(_weighed(evidence, asking))
    shown = tuple(suspect for suspect in _OPEN if found.get(suspect) is True)
    return shown or tuple(suspect for suspect in _OPEN if found.get(suspect) is not False)


def _weighed(evidence: Evidence, asking: Asking) -> Iterator[tuple[Suspect, bool]]:
    """True of what is to blame, False of what is not; nothing of what is open."""
    if evidence.role is None:
        yield Suspect.NO_ROLE, True
    elif isinstance(evidence.role, FoundRole):
        yield Suspect.NO_ROLE, False
        yield from _of_trust(evidence.role, asking)
    yield from _of_policies(Suspect.SCP, evidence.scps, asking)
    yield from _of_policies(Suspect.RCP, evidence.rcps, asking)


def _of_trust(role: FoundRole, asking: Asking) -> Iterator[tuple[Suspect, bool]]:
    try:
        trust = Policy.parse(role.trust, source="trust policy", type="trust")
    except MalformedPolicy:
        return
    if _lets_in(trust, asking.request).allowed:
        yield from ((Suspect.TRUST, False), (Suspect.EXTERNAL_ID, False))
        return
    others = [verdict for value in _external_ids(trust) if (verdict := _lets_in(trust, asking.with_external_id(value)))]
    if any(verdict.allowed for verdict in others):
        yield from ((Suspect.EXTERNAL_ID, True), (Suspect.TRUST, False))
    elif all(not verdict.missing_context for verdict in (*others, _lets_in(trust, asking.request))):
        yield from ((Suspect.TRUST, True), (Suspect.EXTERNAL_ID, False))


def _lets_in(trust: Policy, request: Request) -> Verdict:
    return evaluate_assume_role(request, PolicySet(identity=(EVERYTHING,)), trust, same_account=False)


def _external_ids(trust: Policy) -> set[str]:
    """The values that the trust policy's conditions name."""
    return {
        value.source
        for statement in trust.statements
        for condition in statement.conditions
        if condition.key.lower() == _EXTERNAL_ID
        for value in condition.values
    }


def _of_policies(suspect: Suspect, levels: Levels | Unknown | None, asking: Asking) -> Iterator[tuple[Suspect, bool]]:
    """Resource control policies only deny: AWS's own, which allows everything, cannot be detached."""
    if isinstance(levels, Unknown):
        return
    denials = [found for found in denied_by(levels or (), [asking.request]) if found.explicit or suspect is Suspect.SCP]
    if not denials or any(denial.certain for denial in denials):
        yield suspect, bool(denials)


def told(found: Sequence[Suspect], message: str) -> str:
    """For people: such as `the role cannot be assumed: there is no such role (AccessDenied: …)`."""
    blamed = found[0] if len(found) == 1 else f"one of: {'; '.join(found)}"
    return f"the role cannot be assumed: {blamed} ({message})"


def principal_behind(section: RoleSection, caller: Caller) -> str:
    """The ARN of the role or user that calls. A session's leaves out the path, which the config may tell."""
    parts = caller.arn.split(":")
    if ":assumed-role/" not in caller.arn:
        return caller.arn
    name = parts[5].split("/")[1]
    named = (arn for arn in section.trusted_principals if _is_role(arn, parts[4], name))
    return next(named, f"arn:{parts[1]}:iam::{parts[4]}:role/{name}")


def _is_role(arn: str, account: str, name: str) -> bool:
    return account_of(arn) == account and ":role/" in arn and arn.rsplit("/", 1)[-1] == name
