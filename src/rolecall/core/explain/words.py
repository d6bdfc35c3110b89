"""Resources, conditions and narrowings of statements in plain words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rolecall.core.permission_groups import Narrowing, Scope, Statement
from rolecall.core.permission_groups.model import VALUE, Conditions

_TAG = re.compile(r"(?:aws|ssm|ec2):resourcetag/(.+)", re.IGNORECASE)
_KNOWN = {
    "aws:RequestedRegion": "only in {}",
    "ec2:CreateAction": "only while {} makes the tagged thing",
    "kms:GrantIsForAWSResource": "only for an AWS service to use",
    "kms:ResourceAliases": "only keys with the alias {}",
    "ec2:Attribute": "only the attribute {}",
}
"""condition key -> what asking for one of its values means."""
_OPERATORS = {"StringEquals", "StringLike", "ForAnyValue:StringEquals", "ForAnyValue:StringLike", "Bool"}
"""Those that ask for a value, as the words above say it."""

_VALUES = {Scope.BUCKETS: "BUCKET", Scope.KEYS: "KEY"}
_NARROWED = {
    Scope.REGIONS: "only in the Regions named",
    Scope.TAG: "only on what carries the tag",
    Scope.BUCKETS: "only on the buckets named",
    Scope.KEYS: "only with the keys named",
}


def conditions(of: Conditions) -> tuple[str, ...]:
    """All of which must hold."""
    return tuple(_condition(*found) for found in flat(of))


def flat(of: Conditions) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Operator, key and values of each."""
    for operator, keys in of.items():
        for key, value in keys.items():
            yield operator, key, (value,) if isinstance(value, str) else value


def _condition(operator: str, key: str, values: tuple[str, ...]) -> str:
    told = listed(values, "or")
    if operator in _OPERATORS and (tag := _TAG.fullmatch(key)):
        return f"only if tagged {tag[1]} = {told}"
    if operator in _OPERATORS and key in _KNOWN and (operator != "Bool" or values == ("true",)):
        return _KNOWN[key].format(told)
    return f"only where {key} {operator} {told}"


def resources(statement: Statement, role_name: str, role_path: str) -> tuple[str, ...]:
    """None where it is every resource."""
    if "*" in statement.resources:
        return ()
    filled = (one.replace("${RolePath}", role_path).replace("${RoleName}", role_name) for one in statement.resources)
    return _named(filled)


def resource(arn: str) -> str:
    """The name in it; the whole ARN where it says an account or Region. Its wildcards stay."""
    plain = arn.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "")
    parts = plain.split(":", 5)
    whole = len(parts) < 6 or re.fullmatch(r"\d{12}", parts[4]) or parts[3] not in ("", "*")
    return plain if whole else parts[5]


def _named(arns: Iterable[str]) -> tuple[str, ...]:
    """Each name once: a document of the account's and one of AWS's are both `document/*`."""
    return tuple(dict.fromkeys(map(resource, arns)))


def narrowing(scope: Scope, how: Narrowing) -> str:
    """How a scope narrows a statement."""
    told = _NARROWED[scope]
    if how.resources and how.resources != (VALUE,):
        forms = _named(one.replace(VALUE, _VALUES.get(scope, "")) for one in how.resources)
        told += f": {listed(forms, 'and')}"
    if how.beside:
        told += f"; still on every {listed(_named(how.beside), 'and')}"
    return told


def listed(items: tuple[str, ...] | list[str], word: str) -> str:
    """`a, b or c`."""
    *rest, last = items
    return f"{', '.join(rest)} {word} {last}" if rest else last


def some(actions: tuple[str, ...], most: int = 6) -> str:
    """The first few, and how many more there are."""
    if len(actions) <= most:
        return ", ".join(actions)
    return f"{', '.join(actions[:most])} and {len(actions) - most} more"
