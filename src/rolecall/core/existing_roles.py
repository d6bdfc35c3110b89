"""The file of roles that have names of their own: `account,role_arn`, a line an account. Pure: text in, values out.

Templates that give the role no name have CloudFormation make one up in each account. `rolecall adopt` finds them out
and writes this file. See docs/adr/0020-unnamed-roles.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rolecall.core.ids import AccountId, RoleArn, parse_account_id
from rolecall.errors import Problem

HEADER = "account,role_arn"
Roles = Mapping[AccountId, RoleArn]
_HINT = "a line is an account's number, a comma, and the ARN of its role; `rolecall adopt STACKSET --roles` writes it"


def render(roles: Roles) -> str:
    return "\n".join([HEADER, *(f"{account},{roles[account]}" for account in sorted(roles))]) + "\n"


def parse(text: str, file: str) -> tuple[Roles, tuple[Problem, ...]]:
    """The roles by account, and every problem; a line with a problem gives no role. Empty lines say nothing."""
    roles: dict[AccountId, RoleArn] = {}
    problems: list[Problem] = []
    for line, account, arn in _lines(text):
        try:
            role = _role(account, arn)
            if role.account in roles:
                raise ValueError(f"{role.account} is given twice")
            roles[role.account] = role
        except ValueError as error:
            problems.append(Problem(file, line, "", str(error), _HINT))
    if text.removeprefix(_MARK).partition("\n")[0].strip() != HEADER:
        problems.insert(0, Problem(file, 1, "", f"does not begin with {HEADER}", _HINT))
    return roles, tuple(problems)


_MARK = "\ufeff"
"""What spreadsheets put before UTF-8."""


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Number, account and ARN of each line after the first. An ARN may hold commas, and spreadsheets quote it then."""
    for number, line in enumerate(text.splitlines()[1:], start=2):
        if line.strip():
            account, _, arn = (part.strip().strip('"') for part in line.partition(","))
            yield number, account, arn


def _role(account: str, arn: str) -> RoleArn:
    role = RoleArn.parse(arn)
    if role.account != parse_account_id(account):
        raise ValueError(f"names {account} and a role of {role.account}")
    return role
