"""What the rules ask of a statement: its place, its actions, its conditions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.patterns import ActionNames
from rolecall.core.policy.request import Context
from rolecall.core.service_reference import AccessLevel, Action

CHANGING = (AccessLevel.WRITE, AccessLevel.PERMISSIONS, AccessLevel.TAGGING)
_NO_REQUEST = Context({})
_NAMED = 5
_PARTS = 6
_OPEN = "*/:"


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


def bounds(condition: Condition) -> bool:
    """Whether there is a request that it turns down: `*` of a key that is always there turns down none."""
    return not all(set(text.source) == {"*"} for text in condition.values)


def is_everything(resource: str, actions: Iterable[Action]) -> bool:
    """`*`, or an ARN that names no more than a service or a kind of what the actions take.

    Such are `arn:aws:s3:::*` and `arn:aws:ec2:*:*:volume/*`. What an ARN lacks at its end is any: `arn:aws:s3` is all
    of S3.
    """
    parts = resource.replace("${AWS::Partition}", "").replace("${AWS::AccountId}", "").split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        return True
    bare = parts[-1].rstrip(_OPEN)
    kinds = {_kind(form.arn) for action in actions for form in action.resource_types}
    return not bare or (bare in kinds and parts[-1].endswith("*"))


def _kind(form: str) -> str:
    """Such as `volume`; "" where the name comes first, as a bucket's does."""
    return form.split(":", _PARTS - 1)[-1].split("${", 1)[0].rstrip(_OPEN)


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
