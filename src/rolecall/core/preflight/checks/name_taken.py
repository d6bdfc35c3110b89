"""The name of the role is taken in an account."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.desired import MANAGED_TAG
from rolecall.core.ids import AccountId
from rolecall.core.plan import Action
from rolecall.core.preflight.model import Check, Facts, Finding, FoundRole, Level, Unknown
from rolecall.core.preflight.words import in_accounts
from rolecall.core.template.stacks import is_stack_of

_STACK = "aws:cloudformation:stack-name"


def _check(facts: Facts) -> Iterator[Finding]:
    unknown: dict[str, list[AccountId]] = {}
    for account in _made_in(facts):
        found = facts.roles.get(account, Unknown(_NO_MEANS))
        if isinstance(found, Unknown):
            unknown.setdefault(found.reason, []).append(account)
        elif found is not None:
            yield _is_there(facts, account, found)
    for reason, accounts in unknown.items():
        where = in_accounts(facts.desired, accounts)
        message = f"whether the name {facts.desired.role_name} is taken {where}: {reason}"
        yield Finding(CHECK.id, Level.UNCHECKED, None, message, _INSPECT if reason == _NO_MEANS else "")


def _made_in(facts: Facts) -> list[AccountId]:
    """Where the role is to be made: a failed instance's own reason tells of a name that is taken."""
    return facts.accounts_of(Action.CREATE_INSTANCE, Action.CREATE_STACK)


def _is_there(facts: Facts, account: AccountId, found: FoundRole) -> Finding:
    if not _is_ours(facts, found):
        message = f"the role {found.arn} exists, and rolecall did not make it"
        return Finding(CHECK.id, Level.BLOCKS, account, message, "rename or delete it there, or change role.name")
    stack = found.tags.get(_STACK, "")
    message = f"the role {found.arn} exists, left by an earlier deployment{f' in stack {stack}' if stack else ''}"
    hint = f"delete that stack there: aws cloudformation delete-stack --stack-name {stack}" if stack else "delete it"
    return Finding(CHECK.id, Level.WARNS, account, message, hint)


def _is_ours(facts: Facts, found: FoundRole) -> bool:
    """By our tag, or by the stack that made it: CloudFormation tags what it makes."""
    stack = found.tags.get(_STACK, "")
    name = facts.desired.stack_set_name
    return MANAGED_TAG.items() <= found.tags.items() or stack == name or is_stack_of(stack, name)


_NO_MEANS = "deployment.inspect_role is not given"
_INSPECT = "name a role that you can assume there, such as OrganizationAccountAccessRole, as deployment.inspect_role"

CHECK = Check(
    id="name-taken",
    title="A role of that name exists in an account",
    well="no role of that name is where one is to be made",
    why="IAM has one role of a name in an account, and CloudFormation makes none where one is. In the management "
    "account it is looked up with the management account's credentials; in the members with `deployment.inspect_role`, "
    "if it is given, in those accounts alone in which an instance is to be made. What an earlier deployment of "
    "rolecall left only warns: auto-deployment may be about to bring the instance to it.",
    mend="Rename or delete the role there, or give `role.name` another.",
    levels=(Level.BLOCKS, Level.WARNS),
    check=_check,
)
