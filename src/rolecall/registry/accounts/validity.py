"""What is wrong with an account's name or a role's ARN, in words for people. No I/O."""

from __future__ import annotations

import re

from pydantic import TypeAdapter, ValidationError

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.schemas import AccountName

_NAME: TypeAdapter[str] = TypeAdapter(AccountName)
_LONGEST_NAME = 255
ROLE_NAME = r"[A-Za-z0-9_+=,.@-]{1,64}"
"""A role's bare name, as a regular expression. https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html"""
_ACCESS_KEY = re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}")


def name_problem(name: str) -> str:
    """Empty where a name may be given to an account, as far as one can see without asking who has it."""
    if not 1 <= len(name) <= _LONGEST_NAME:
        return f"An account needs a name of 1 to {_LONGEST_NAME} characters."
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        return _sentence(error.errors()[0]["msg"].removeprefix("Value error, "))
    return ""


def role_problem(text: str) -> str:
    """Empty where it is the ARN of a role."""
    if _ACCESS_KEY.search(text):
        return "This is an access key. Only roles are registered: keys last until somebody revokes them."
    try:
        RoleArn.parse(text)
    except ValueError:
        return "This is not the ARN of a role, such as arn:aws:iam::111122223333:role/CadoResponseRole."
    return ""


def role_name_problem(text: str) -> str:
    """Empty where a role may be called so."""
    if not re.fullmatch(ROLE_NAME, text):
        return "Give the bare name of a role, not its ARN: letters, digits and _+=,.@- only, 64 at most."
    return ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
