"""What the rules ask of a statement: its place, its actions, its conditions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.patterns import ActionNames, arn_pattern
from rolecall.core.policy.request import Context
from rolecall.core.service_reference import Action

_NO_REQUEST = Context({})
_NAMED = 5
_PARTS = 6
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_ID = "0f3a9c41d27be5680"
_UNNAMED = {
    "Partition": "aws",
    "Region": "eu-north-1",
    "Account": "000000000000",
    **{
        f"{kind}Id": f"{prefix}-{_ID}"
        for kind, prefix in (
            ("Image", "ami"),
            ("Instance", "i"),
            ("NetworkInterface", "eni"),
            ("SecurityGroup", "sg"),
            ("Snapshot", "snap"),
            ("Subnet", "subnet"),
            ("Volume", "vol"),
            ("Vpc", "vpc"),
        )
    },
}
"""AWS's placeholder -> something of its form."""
_SAME_FOR_THE_ROLE = {
    *("aws:currenttime", "aws:epochtime", "aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn"),
    *("aws:principalisawsservice", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltype", "aws:referer"),
    *("aws:securetransport", "aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:viaawsservice"),
}
"""Keys whose value follows from who asks, or is whatever the caller says: they tell nothing of what is asked for."""


def found(rule: Rule, group: PermissionGroup, statement: Statement, message: str, mend: str) -> Finding:
    """A finding about a statement of a group."""
    place = f"statement {statement.sid} of group {group.id}"
    return Finding(rule.id, place, message, mend, statement.sid, group.id)


def allows(statement: Statement, action: str) -> bool:
    """Whether its action element names `action`, with or without wildcards, whatever the resource."""
    return _parsed(statement.actions).match(action.lower())


@lru_cache(maxsize=4096)
def _parsed(names: tuple[str, ...]) -> ActionNames:
    return ActionNames.parse(names)


def known_actions(subject: Subject, statement: Statement) -> list[Action]:
    """The actions of the reference that a statement allows, each once."""
    matched = (action for name in statement.actions for action in subject.reference.matching(name))
    return list({action.name: action for action in matched}.values())


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def conditions(statement: Statement) -> Iterator[Condition]:
    """Those that are well formed; the others are another rule's."""
    for operator, keys in statement.conditions.items():
        for key, value in keys.items():
            try:
                yield Condition.parse(operator, key, values_of(value), variables=True)
            except ValueError:
                continue


def values_of(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def demands(condition: Condition) -> bool:
    """Whether it fails for a request without its key."""
    return not condition.holds(_NO_REQUEST)


def positive(condition: Condition) -> bool:
    """Whether it asks for a value and fails where there is none: not Null, a negation, IfExists or ForAllValues."""
    operator = condition.operator
    return operator is not None and not operator.negated and demands(condition)


def bounds(condition: Condition) -> bool:
    """Whether it holds requests back: it asks for a value that is not everybody's, of a key that tells of the request.

    A date bounds when, and not what; the principal's own keys are the same in every request of the role.
    """
    if not positive(condition) or condition.operator is None or condition.operator.name.startswith("Date"):
        return False
    return condition.key.lower() not in _SAME_FOR_THE_ROLE and not any(is_any(text.source) for text in condition.values)


def is_any(value: str) -> bool:
    """Such as `*`, `?*` and `arn:*:*`."""
    return has_wildcard(value) and not value.removeprefix("arn").strip("*?:/")


def is_everything(resource: str, actions: Iterable[Action]) -> bool:
    """Whether it matches things that nobody named, of a kind that the actions take, in some account and Region.

    Such are `*`, `arn:aws:s3:::*`, `arn:aws:ec2:*:*:volume/*` and `volume/vol-*`, as every volume's id begins. What an
    ARN lacks at its end is any: `arn:aws:s3` is all of S3.
    """
    filled = resource.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "*")
    parts = filled.split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        return True
    anywhere = arn_pattern(":".join([*parts[:3], "*", "*", parts[5]]), variables=True)
    return any(anywhere.matches(one, _NO_REQUEST) for one in _unnamed(actions)) or not parts[5].strip("*?/:")


def _unnamed(actions: Iterable[Action]) -> Iterator[str]:
    """An ARN that nobody named, of each kind that the actions take."""
    for action in actions:
        for kind in action.resource_types:
            yield _PLACEHOLDER.sub(lambda found: _UNNAMED.get(found[1], "none-that-anybody-named"), kind.arn)


def listed(names: Iterable[str]) -> str:
    """A few of them, and how many more there are."""
    known = sorted(dict.fromkeys(names))
    more = len(known) - _NAMED
    return ", ".join(known[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like another in any case, one of the same letters before others, or ""."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_lower, n=5, cutoff=0.6)
    close.sort(key=lambda name: sorted(name) != sorted(word.lower()))
    return by_lower[close[0]] if close else ""
