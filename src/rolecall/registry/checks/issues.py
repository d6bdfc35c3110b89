"""What a proof found wrong, as issues by service, each with what a person does about it. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rolecall.core.roll import Access, Cause, MissingPermission, Proof


@dataclass(frozen=True, slots=True)
class Issue:
    """`service` is an AWS service's prefix, `issue_type` a stable word for machines; the others are for people."""

    service: str
    issue: str
    issue_type: str
    mend: str


def issues_of(proof: Proof) -> list[dict[str, str]]:
    """As they are kept: nothing is wrong with a role that has none."""
    return [asdict(issue) for issue in _issues(proof)]


def _issues(proof: Proof) -> Iterator[Issue]:
    if proof.access is Access.REFUSED:
        yield Issue("sts", _sentence(proof.reason), "role_not_assumable", _REFUSED)
    elif proof.access is Access.OPEN:
        yield Issue("sts", _sentence(proof.reason), "role_open", _OPEN)
    elif proof.access is Access.UNKNOWN:
        yield Issue("iam" if proof.assumed else "sts", _sentence(proof.reason), "not_known", _UNKNOWN)
    regions: dict[tuple[str, Cause, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for item in proof.missing:
        regions[item.action, item.cause, item.policies, item.groups].append(item.region)
    for (action, cause, policies, groups), where in regions.items():
        yield _missing(MissingPermission(action, groups, cause, ", ".join(filter(None, where)), policies))


def _missing(item: MissingPermission) -> Issue:
    kind, mend = _BY_CAUSE[item.cause]
    named = f" ({', '.join(item.policies)})" if item.policies else ""
    where = f" in {item.region}" if item.region else ""
    denied = "is unproven:" if item.cause is Cause.UNANSWERED else "is denied by"
    text = f"{item.action} {denied} {item.cause}{named}{where}; needed for {', '.join(item.groups)}"
    return Issue(item.action.partition(":")[0], text, kind, mend)


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]


_REFUSED = (
    "See that the role exists, that its trust policy names the registry's own role and asks for the registry's "
    "external id, and that no policy of the organization denies sts:AssumeRole; `rolecall check` says which it is"
)
_OPEN = "Require the external id in the role's trust policy (condition StringEquals sts:ExternalId)"
_UNKNOWN = "Nothing is known of the role: check again once AWS can be asked and the role may simulate its policies"
_BY_CAUSE = {
    Cause.ROLE: (
        "denied_by_role",
        "Bring the role up to date with `rolecall apply`, or add the action to the role's policies",
    ),
    Cause.BOUNDARY: (
        "denied_by_boundary",
        "Let the role's permissions boundary allow the action, or give the role another boundary",
    ),
    Cause.SCP: (
        "denied_by_service_control_policy",
        "Except the role from that policy with a condition on aws:PrincipalArn, or detach it from the account",
    ),
    Cause.RCP: (
        "denied_by_resource_control_policy",
        "Except the role from that policy with a condition on aws:PrincipalArn, or detach it from the account",
    ),
    Cause.UNANSWERED: (
        "unproven",
        "Let the role simulate its own policies (the permission group account-check), then check again",
    ),
    Cause.REALLY_ASKED: (
        "refused_when_asked",
        "Look at the endpoint, resource and key policies on the way to what the action reads",
    ),
}
