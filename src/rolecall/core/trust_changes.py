"""A trust policy that was read back beside the one that was deployed: who else is let in, and who no longer is. Pure.

Compared by whom a statement lets in and under what conditions, so that an account with a role in `aws:PrincipalArn` is
the same as that role as principal. What a Deny takes away again is not counted: it may be gone tomorrow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from rolecall.core.read_back import Document
from rolecall.core.template.resolving import listed

ANYBODY = "anybody"
_EVERYBODY = (ANYBODY, "everybody but ")
_FEDERATED = "Federated "
_ASSUME = ("sts:assumerole",)
_ASSUME_FEDERATED = ("sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?", re.ASCII)
_OF_ACCOUNT = re.compile(r"arn:[^:]*:(?:iam|sts)::(\d{12}):", re.ASCII)
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{8,124}", re.ASCII)
_WHO = "aws:principalarn"
_NAMING = ("stringequals", "stringlike", "arnequals", "arnlike")
"""Operators by which a condition on aws:PrincipalArn says who is meant."""
_ALIKE = {"arnlike": "arnequals"}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: the two behave
identically."""
_LOOSER = {"stringequals": "stringlike", "stringequalsifexists": "stringlikeifexists"}

Conditions = Mapping[tuple[str, str], frozenset[str]]
"""(operator, key), in small letters -> values."""


@dataclass(frozen=True, slots=True)
class TrustChanges:
    """`others` are let in and should not be; `notes` are all other differences."""

    others: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    """One statement: whom it is about, what they may do, and when."""

    allows: bool
    who: frozenset[str]
    gone: frozenset[str]
    actions: frozenset[str]
    conditions: Conditions

    def lets_in(self) -> Iterator[tuple[str, str]]:
        for who in sorted(self.who) if self.allows else ():
            for action in _ways_in(who):
                if any(fnmatchcase(action, pattern) for pattern in self.actions):
                    yield who, action

    def meaning(self) -> Iterator[tuple[object, ...]]:
        """One by one, so that two statements may stand in one."""
        held = frozenset(self.conditions.items())
        for who in self.who | self.gone:
            for action in self.actions:
                yield self.allows, action, who, held


def trust_changes(deployed: Document, found: Document) -> TrustChanges:
    """What is another in `found`. Values of conditions, external ids among them, are never in the words."""
    wanted, there = list(map(_entry, listed(deployed["Statement"]))), list(map(_entry, listed(found["Statement"])))
    others = tuple(dict.fromkeys(_beyond(wanted, there)))
    notes = tuple(dict.fromkeys([*_gone(there), *(_less(there, wanted))]))
    elsewhere = "" if others or notes else _elsewhere(wanted, there)
    return TrustChanges(others, (f"its trust policy differs: {elsewhere}",) if elsewhere else notes)


def _beyond(wanted: Sequence[_Entry], there: Sequence[_Entry]) -> Iterator[str]:
    """Who is let in by `there` and by nothing that was deployed, or on easier terms."""
    for entry in there:
        for who, action in entry.lets_in():
            if keys := _not_covered(wanted, who, action, entry.conditions):
                yield f"{who} {keys}" if keys is not _NEW else who


def _less(there: Sequence[_Entry], wanted: Sequence[_Entry]) -> Iterator[str]:
    """Who was to be let in and is not, or on harder terms."""
    for entry in wanted:
        for who, action in entry.lets_in():
            keys = _not_covered(there, who, action, entry.conditions)
            if keys is _NEW:
                yield f"its trust policy no longer lets in {who}"
            elif keys:
                yield f"its trust policy asks more of {who} than the config, or something else"


def _gone(there: Iterable[_Entry]) -> Iterator[str]:
    for entry in there:
        for name in sorted(entry.gone):
            yield f"its trust policy names {name}, a role or user that is gone"


_NEW = "newly"


def _not_covered(entries: Iterable[_Entry], who: str, action: str, conditions: Conditions) -> str:
    """Nothing where one of the entries lets them in on the same or easier terms; else in what they differ."""
    lacking = [_lacking(entry.conditions, conditions) for entry in entries if _is_about(entry, who, action)]
    if not lacking:
        return _NEW
    fewest = min(lacking, key=len)
    return f"without the config's condition on {', '.join(fewest)}" if fewest else ""


def _ways_in(who: str) -> Sequence[str]:
    """Those without keys of AWS's come with a provider's token, and nobody else does."""
    if who.startswith(_FEDERATED):
        return _ASSUME_FEDERATED
    return _ASSUME + _ASSUME_FEDERATED if who.startswith(_EVERYBODY) else _ASSUME


def _is_about(entry: _Entry, who: str, action: str) -> bool:
    return any(_is_within(who, one) and action == other for one, other in entry.lets_in())


def _is_within(who: str, one: str) -> bool:
    """An account lets in whomever of its own it gives the right to."""
    account = _OF_ACCOUNT.match(who)
    return who == one or one == ANYBODY or (account is not None and one == _account(account[1]))


def _lacking(asked: Conditions, given: Conditions) -> list[str]:
    """The keys of conditions that are asked and that `given` does not hold its callers to."""
    return sorted({key for (operator, key), values in asked.items() if not _holds(given, operator, key, values)})


def _holds(given: Conditions, operator: str, key: str, values: frozenset[str]) -> bool:
    return any(
        key == other_key and _as_strict(other, operator) and held <= values
        for (other, other_key), held in given.items()
    )


def _as_strict(other: str, operator: str) -> bool:
    return other == operator or _LOOSER.get(other) == operator


def _entry(statement: Mapping[str, Any]) -> _Entry:
    conditions = _conditions(statement.get("Condition", {}))
    excluded = statement.get("NotPrincipal")
    named = {} if excluded is not None else statement.get("Principal", {})
    who, gone = _principals({"AWS": named} if isinstance(named, str) else named)  # "*" alone is everybody too
    arns = [values for (operator, key), values in conditions.items() if key == _WHO and operator in _NAMING]
    if arns and excluded is None:
        meant = min(arns, key=_breadth)  # all have to hold, so that it is nobody but these
        who = frozenset(one for principal in who for one in _those_of(principal, meant))
        conditions = {name: held for name, held in conditions.items() if name[1] != _WHO or name[0] not in _NAMING}
    everybody_but = frozenset([f"everybody but {_words(excluded)}"]) if excluded is not None else frozenset()
    return _Entry(statement["Effect"] == "Allow", who | everybody_but, gone, _actions(statement), conditions)


def _breadth(arns: frozenset[str]) -> tuple[bool, int]:
    return any(set(arn) & set("*?$") for arn in arns), len(arns)


def _principals(named: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Those that are there, for people, and the ids of those that are gone."""
    aws = [str(name) for name in listed(named.get("AWS", []))]
    gone = frozenset(name for name in aws if _UNIQUE_ID.fullmatch(name))
    others = (f"{kind} {name}" for kind, names in named.items() if kind != "AWS" for name in listed(names))
    return frozenset([*(_principal(name) for name in aws if name not in gone), *others]), gone


def _principal(name: str) -> str:
    if name == "*":
        return ANYBODY
    account = _ACCOUNT.fullmatch(name)
    return _account(account[1]) if account else name


def _account(account: str) -> str:
    return f"account {account}"


def _those_of(principal: str, arns: frozenset[str]) -> Iterator[str]:
    """Of the callers that a principal stands for, those with such ARNs; one with a wildcard may be of any account."""
    if principal == ANYBODY:
        yield from arns
    elif principal.startswith("account "):
        yield from (arn for arn in arns if _may_be_in(arn, principal))
    else:
        yield principal


def _may_be_in(arn: str, principal: str) -> bool:
    account = _OF_ACCOUNT.match(arn)
    return account is None or _account(account[1]) == principal


def _actions(statement: Mapping[str, Any]) -> frozenset[str]:
    if "NotAction" in statement:
        left_out = [str(action).lower() for action in listed(statement["NotAction"])]
        ways = _ASSUME + _ASSUME_FEDERATED
        return frozenset(way for way in ways if not any(fnmatchcase(way, pattern) for pattern in left_out))
    return frozenset(str(action).lower() for action in listed(statement["Action"]))


def _conditions(written: Mapping[str, Mapping[str, Any]]) -> Conditions:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for operator, keys in written.items():
        for key, values in keys.items():
            held = frozenset(map(_value, listed(values)))
            found[_plain(operator.lower(), held), key.lower()] = held
    return found


def _plain(operator: str, values: frozenset[str]) -> str:
    """One name for what is the same: a pattern without a wildcard is a value."""
    if operator == "stringlike" and not any(set(value) & set("*?") for value in values):
        return "stringequals"
    return _ALIKE.get(operator, operator)


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(excluded: Any) -> str:
    named = excluded if isinstance(excluded, Mapping) else {"AWS": excluded}
    return ", ".join(sorted(str(name) for names in named.values() for name in listed(names)))


def _elsewhere(wanted: Sequence[_Entry], there: Sequence[_Entry]) -> str:
    """What is another of that which lets nobody in by itself: a Deny, or what may come with the session."""
    before, after = ({one for entry in entries for one in entry.meaning()} for entries in (wanted, there))
    return ", ".join(sorted({f"{'allows' if allows else 'denies'} {action}" for allows, action, *_ in before ^ after}))
