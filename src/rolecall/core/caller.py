"""What is to be said of who the roll is called as: whether it is the platform at all, and still the same one. Pure.

A trust that names a role by `aws:PrincipalArn` survives that role's deletion and recreation, which the unique id as
principal would not. That is wanted, and it is also how somebody with rights in the platform's account could put a role
of their own in its place, so that a change of the id is worth a finding.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rolecall.core.config import RoleSection
from rolecall.core.ids import account_of
from rolecall.core.probe import Caller

_SESSION = re.compile(r"arn:[^:]+:sts::\d{12}:assumed-role/([^/]+)/.+")
_ENTITY = re.compile(r"arn:[^:]+:iam::\d{12}:(?:role|user)/(?:.+/)?([^/]+)")


def findings(role: RoleSection, caller: Caller) -> tuple[str, ...]:
    """One sentence each."""
    return tuple(_findings(role, caller))


def _findings(role: RoleSection, caller: Caller) -> Iterator[str]:
    named = [arn for arn in role.trusted_principals if _is(arn, caller.arn)]
    whole = account_of(caller.arn) in {trusted.account for trusted in role.trusted_accounts}
    if not named and not whole:
        yield (
            f"the roll is called as {caller.arn}, which role.trusted_principals does not name: "
            "check.assume_from should be the platform's own credentials"
        )
    for arn in named:
        known = role.trust.principal_ids.get(arn)
        if known and known != caller.unique_id:
            yield (
                f"{arn} was deleted and made anew: its unique id is {caller.unique_id}, and was {known}. The roles "
                "trust the new one. If the platform's owners did that, write the new id into role.trust.principal_ids; "
                "if not, somebody has put a role in its place"
            )


def _is(principal: str, caller: str) -> bool:
    """Whether a session or user is of a principal. A session's ARN leaves out the role's path, which is in its name
    alone unique in an account."""
    return account_of(principal) == account_of(caller) and _name(principal) == _name(caller)


def _name(arn: str) -> str | None:
    found = _SESSION.fullmatch(arn) or _ENTITY.fullmatch(arn)
    return found[1] if found else None
