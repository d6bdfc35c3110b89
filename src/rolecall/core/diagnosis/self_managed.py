"""The two roles of self-managed permissions: there, and trusting whom they must. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rolecall.core.desired import Desired
from rolecall.core.diagnosis.model import Line, bad, good, unchecked
from rolecall.core.ids import AccountId
from rolecall.core.policy import MalformedPolicy, Policy, PolicySet, Principal, Request, evaluate_assume_role
from rolecall.core.preflight import FoundRole, Unknown
from rolecall.core.preflight.words import in_accounts

ADMINISTRATION, EXECUTION = "administration role", "execution roles"
_SERVICE = "cloudformation.amazonaws.com"
_EVERYTHING = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, source="everything"
)


def administration_line(desired: Desired, account: AccountId, name: str, found: FoundRole | Unknown | None) -> Line:
    """`account` is the one in which the stack set is."""
    mend = "rolecall template --for admin-role > admin-role.yaml, and a stack of it there: aws cloudformation deploy"
    if isinstance(found, Unknown):
        return unchecked(ADMINISTRATION, found.reason)
    if found is None:
        return bad(ADMINISTRATION, f"account {account} has no role {name}", mend)
    if not _lets_in(found, _service(desired, account)):
        return bad(ADMINISTRATION, f"{found.arn} does not let {_SERVICE} assume it for this stack set", mend)
    return good(ADMINISTRATION, f"{found.arn} is there, and CloudFormation may assume it")


def execution_lines(
    desired: Desired, administration: FoundRole | None, found: Mapping[AccountId, FoundRole | Unknown | None]
) -> Iterator[Line]:
    """Of every target account, together where they are alike."""
    name = desired.roles.execution if desired.roles else ""
    mend = "rolecall template --for execution-role > execution-role.yaml, and a stack of it in each account"
    unknown: dict[str, list[AccountId]] = {}
    for account, role in found.items():
        if isinstance(role, Unknown):
            unknown.setdefault(role.reason, []).append(account)
    absent = [account for account, role in found.items() if role is None]
    there = {account: role for account, role in found.items() if isinstance(role, FoundRole)}
    closed = [account for account, role in there.items() if administration and not _trusts(role, administration)]
    for reason, accounts in unknown.items():
        yield unchecked(EXECUTION, f"{name} {in_accounts(desired, accounts)}: {reason}")
    if absent:
        yield bad(EXECUTION, f"{name} is missing {in_accounts(desired, absent)}", mend)
    if closed and administration:
        yield bad(EXECUTION, f"{name} does not trust {administration.arn} {in_accounts(desired, closed)}", mend)
    if there and not closed:
        trusting = ", and trusts the administration role," if administration else ""
        yield good(EXECUTION, f"{name} is there{trusting} {in_accounts(desired, list(there))}")


def _trusts(role: FoundRole, administration: FoundRole) -> bool:
    arn = str(administration.arn)
    principal = Principal(administration.arn.account, arn, "AROA-of-the-administration-role")
    return _lets_in(role, Request("sts:AssumeRole", str(role.arn), {"aws:PrincipalArn": (arn,)}, principal))


def _service(desired: Desired, account: AccountId) -> Request:
    partition = desired.organization.identity.partition
    arn = f"arn:{partition}:cloudformation:{desired.region}:{account}:stackset/{desired.stack_set_name}:1"
    context = {"aws:SourceAccount": (account,), "aws:SourceArn": (arn,)}
    return Request("sts:AssumeRole", "*", context, Principal(account=account, arn="", id="", service=_SERVICE))


def _lets_in(role: FoundRole, request: Request) -> bool:
    try:
        trust = Policy.parse(role.trust, source=role.arn.name, type="trust")
    except MalformedPolicy:
        return False
    principal = request.principal
    same = principal is not None and principal.account == role.arn.account
    caller = PolicySet() if principal and principal.service else PolicySet(identity=(_EVERYTHING,))
    return evaluate_assume_role(request, caller, trust, same_account=same).allowed
