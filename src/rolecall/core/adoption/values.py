"""What a template's values come out at, as its parameters fill them. Pure.

What stays a function, or a secret that nobody is told, is None: nothing is guessed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rolecall.core.template.resolving import listed, substituted_in

MASKED = "****"
"""What AWS tells of a parameter with NoEcho."""
_NOTHING = {"Ref": "AWS::NoValue"}
_LISTS = re.compile(r"CommaDelimitedList|List<.+>")


class Untold(ValueError):
    """A value that nobody can tell."""


@dataclass(frozen=True)
class Values:
    """`texts` are those of parameters and pseudo parameters, and of attributes as `Role.Arn`; `lists` the names of
    parameters that hold several with commas between."""

    texts: Mapping[str, str]
    lists: frozenset[str] = frozenset()
    conditions: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Mapping[str, Any], given: Mapping[str, str], arn: str) -> Values:
        """Of a template with its parameters; partition and Region are those in the stack set's ARN."""
        declared = {name: told for name, told in _section(document, "Parameters").items() if isinstance(told, Mapping)}
        defaults = {name: str(told["Default"]) for name, told in declared.items() if "Default" in told}
        _, partition, _, region, *_ = [*arn.split(":"), "", "", "", ""]
        known = {"AWS::Partition": partition, "AWS::Region": region, **defaults, **given}
        lists = frozenset(name for name, told in declared.items() if _LISTS.fullmatch(str(told.get("Type"))))
        texts = {name: text for name, text in known.items() if text and text != MASKED}
        empty = {name: "" for name, text in known.items() if not text and name in declared}
        return cls({**texts, **empty}, lists, _section(document, "Conditions"))

    def knowing(self, texts: Mapping[str, str]) -> Values:
        return replace(self, texts={**self.texts, **texts})

    def text(self, value: Any) -> str | None:
        """None where it cannot be told."""
        if isinstance(value, Mapping):
            (function, argument), *others = [*value.items(), ("", None)]
            told = None if len(others) > 1 else self._function(function, argument)
        elif isinstance(value, bool):
            told = str(value).lower()
        else:
            told = str(value) if isinstance(value, str | int) else None
        return None if told is None or "{{resolve:" in told else told

    def each(self, value: Any) -> list[str | None]:
        """One where a list may stand, or a parameter that holds several."""
        found: list[str | None] = []
        for item in listed(value):
            told = self.text(item)
            several = isinstance(item, Mapping) and item.get("Ref") in self.lists
            found += [part.strip() for part in told.split(",")] if told and several else [told]
        return found

    def filled(self, value: Any) -> Any:
        """The same with every function's text in its place. Raises Untold."""
        if isinstance(value, Mapping) and not _is_function(value):
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, Mapping) and value.get("Ref") in self.lists:
            return self.each(value)
        if not isinstance(value, Mapping | str):
            return value
        told = self.text(value)
        if told is None:
            raise Untold(str(value))
        return told

    def settled(self, value: Any) -> Any:
        """With each `Fn::If` as its condition comes out, where that can be told, and without what it leaves out."""
        if isinstance(value, Mapping):
            chosen = self._chosen(value)
            if chosen is not value:
                return self.settled(chosen)
            return {key: self.settled(item) for key, item in value.items() if self._chosen(item) != _NOTHING}
        if isinstance(value, list):
            return [self.settled(item) for item in value if self._chosen(item) != _NOTHING]
        return value

    def holds(self, condition: Any) -> bool | None:
        """Of a condition's name, or of what stands in its place; None where it cannot be told."""
        if isinstance(condition, str):
            return self.holds(self.conditions.get(condition))
        if not isinstance(condition, Mapping) or len(condition) != 1:
            return None
        ((function, argument),) = condition.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals" and isinstance(argument, list):
            told = [self.text(item) for item in argument]
            return None if None in told else len(set(told)) == 1
        parts = [self.holds(part) for part in listed(argument)]
        combine = _COMBINED.get(function)
        return combine(parts) if combine else None

    def _chosen(self, value: Any) -> Any:
        """The branch of an `Fn::If`; anything else as it is."""
        if not isinstance(value, Mapping) or list(value) != ["Fn::If"] or not isinstance(value["Fn::If"], list):
            return value
        condition, yes, no = value["Fn::If"]
        told = self.holds(condition)
        return value if told is None else self._chosen(yes if told else no)

    def _function(self, function: str, argument: Any) -> str | None:
        if function == "Ref":
            return self.texts.get(str(argument))
        if function == "Fn::GetAtt" and isinstance(argument, list):
            return self.texts.get(".".join(map(str, argument)))
        if function == "Fn::Sub":
            return self._substituted(argument)
        if function == "Fn::Join" and isinstance(argument, list) and isinstance(argument[1], list):
            parts = [self.text(part) for part in argument[1]]
            return None if None in parts else str(argument[0]).join(filter(None, parts))
        return None

    def _substituted(self, argument: Any) -> str | None:
        text, own = argument if isinstance(argument, list) else (argument, {})
        known = {name: self.text(value) for name, value in own.items()}
        return substituted_in(text, {**self.texts, **{name: told for name, told in known.items() if told is not None}})


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and all(key == "Ref" or str(key).startswith("Fn::") for key in value)


def _and(parts: list[bool | None]) -> bool | None:
    return False if False in parts else (None if None in parts else True)


def _or(parts: list[bool | None]) -> bool | None:
    return True if True in parts else (None if None in parts else False)


def _not(parts: list[bool | None]) -> bool | None:
    return None if parts[0] is None else not parts[0]


_COMBINED: Mapping[str, Callable[[list[bool | None]], bool | None]] = {
    "Fn::And": _and,
    "Fn::Or": _or,
    "Fn::Not": _not,
}
