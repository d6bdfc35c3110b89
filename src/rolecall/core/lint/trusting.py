"""Reads a trust policy for the rules, be it ours or another's, with CloudFormation's functions in it. Pure.

What a function gives is not known here. Where it chooses, a principal or action is there if any choice has it, and a
condition only if all have it: the weakest policy that could come out is the one that is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rolecall.core.lint.granting import positive
from rolecall.core.lint.model import Finding, Rule, Trust
from rolecall.core.policy.conditions import Condition

ASSUME = "sts:AssumeRole"
_NO_VALUE = {"Ref": "AWS::NoValue"}
_FUNCTIONS = ("Fn::", "Ref")


@dataclass(frozen=True, slots=True)
class TrustStatement:
    """One Allow statement. `principals` are (kind, text) such as ("AWS", "arn:aws:iam::111111111111:root")."""

    name: str
    sid: str | None
    principals: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    conditions: tuple[Condition, ...]
    elements: frozenset[str]

    @property
    def place(self) -> str:
        return f"trust policy, statement {self.name}"

    def found(self, rule: Rule, message: str, mend: str, reason: str | None = None) -> Finding:
        return Finding(rule.id, self.place, message, mend, self.sid, reason=reason)

    def named(self, key: str) -> tuple[str, ...]:
        """The values, none of them a pattern, of which a request must bring one for a condition key; none where it
        may come without the key or with others."""
        asked = (
            _values(one) for one in self.conditions if one.key.lower() == key.lower() and one.values and positive(one)
        )
        return next((values for values in asked if values and not any(map(has_pattern, values))), ())


def statements(trust: Trust) -> Iterator[TrustStatement]:
    """Those that let somebody in."""
    for number, block in enumerate(_blocks(trust.get("Statement", [])), start=1):
        if texts(block.get("Effect")) != ["Deny"]:
            yield _statement(block, number)


def texts(value: Any) -> list[str]:
    """All texts that a value may be, with `${…}` for what only the deployment knows."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if not isinstance(value, Mapping):
        return [] if value is None else [str(value)]
    if value == _NO_VALUE:
        return []
    function, given = next(iter(value.items()))
    match function, given:
        case "Fn::If", [_, *choices]:
            return texts(choices)
        case "Fn::Sub", str(text):
            return [text]
        case "Fn::Sub", [str(text), Mapping() as values]:
            return [_filled(text, values)]
        case "Fn::Join", [str(separator), list(parts)]:
            return [separator.join(text for part in parts for text in texts(part))]
        case "Ref", str(name):
            return [f"${{{name}}}"]
    return [f"${{{function}}}"]


def _filled(text: str, values: Mapping[str, Any]) -> str:
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", "".join(texts(value)[:1]))
    return text


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, list):
        return [block for item in value for block in _blocks(item)]
    if isinstance(value, Mapping) and "Fn::If" in value:
        return _blocks(value["Fn::If"][1:])
    return [value] if isinstance(value, Mapping) and value != _NO_VALUE else []


def _statement(block: Mapping[str, Any], number: int) -> TrustStatement:
    sid = block.get("Sid")
    name = sid if isinstance(sid, str) and sid else f"number {number}"
    return TrustStatement(
        name=name,
        sid=sid if name == sid else None,
        principals=tuple(_principals(block.get("Principal"))),
        actions=tuple(texts(block.get("Action"))),
        conditions=tuple(_conditions(block.get("Condition"))),
        elements=frozenset(block),
    )


def _principals(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and "Fn::If" in value:
        for choice in value["Fn::If"][1:]:
            yield from _principals(choice)
    elif isinstance(value, Mapping) and not any(key.startswith(_FUNCTIONS) for key in value):
        for kind, named in value.items():
            yield from ((kind, text) for text in texts(named))
    else:
        yield from (("AWS", text) for text in texts(value))


def _conditions(value: Any) -> Iterator[Condition]:
    """Those that hold whatever a function chooses, and that IAM would take."""
    for operator, keys in _certain(value).items():
        for key, named in _certain(keys).items():
            try:
                yield Condition.parse(operator, key, texts(named), variables=True)
            except ValueError:
                continue


def _certain(value: Any) -> Mapping[str, Any]:
    """What of a mapping is there whatever a function chooses."""
    if not isinstance(value, Mapping) or value == _NO_VALUE:
        return {}
    if "Fn::If" not in value:
        return value
    then, otherwise = (_certain(choice) for choice in value["Fn::If"][1:])
    return {key: {"Fn::If": ["", then[key], otherwise[key]]} for key in then if key in otherwise}


def _values(condition: Condition) -> tuple[str, ...]:
    return tuple(text.source for text in condition.values)


def has_pattern(text: str) -> bool:
    """Whether it stands for more than one value: a wildcard, or a variable that is filled from the request."""
    return "*" in text or "?" in text or bool(re.search(r"\$\{[a-z][A-Za-z0-9-]*:[^:]", text))
