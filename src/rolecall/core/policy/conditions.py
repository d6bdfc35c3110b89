"""The Condition element: keys of the request against values of the policy. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
and, for several values or keys,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rolecall.core.policy.operators import Operator, find_operator, is_truth_value
from rolecall.core.policy.patterns import Text
from rolecall.core.policy.request import Context

_IF_EXISTS = "ifexists"


class SetOperator(StrEnum):
    """How a condition treats a key of several values."""

    NONE = ""
    FOR_ANY_VALUE = "ForAnyValue"
    FOR_ALL_VALUES = "ForAllValues"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. `operator` None is `Null`. `values` are alternatives; none at all matches nothing."""

    operator: Operator | None
    key: str
    values: tuple[Text, ...]
    set_operator: SetOperator = SetOperator.NONE
    if_exists: bool = False

    @classmethod
    def parse(cls, name: str, key: str, values: Iterable[str], *, variables: bool) -> Condition:
        """`name` is the whole operator, such as `ForAnyValue:StringLikeIfExists`.

        Raises ValueError if it is none, and for a value that is not of its kind.
        """
        set_operator, base, if_exists = _split(name)
        operator = find_operator(base)
        if operator is None and (base != "null" or if_exists):
            raise ValueError(f"{name!r} is not a condition operator")
        filled = variables and operator is not None and operator.variables
        texts = tuple(Text.parse(value, variables=filled) for value in values)
        takes = operator.takes if operator else is_truth_value
        for text in texts:
            if not takes(text.source) and "${" not in text.source:  # what stands for another value cannot be checked
                raise ValueError(f"{text.source!r} is no value for {name}")
        return cls(operator, key, texts, set_operator, if_exists)

    def __str__(self) -> str:
        name = self.operator.name if self.operator else "Null"
        prefix = f"{self.set_operator}:" if self.set_operator else ""
        return f"{prefix}{name}{'IfExists' if self.if_exists else ''} {self.key}"

    def holds(self, context: Context) -> bool:
        values = context.values(self.key.lower())
        if self.operator is None:
            # "context keys with empty values" are as good as absent, says the second page above
            there = values not in ((), ("",))
            return any(text.source.lower() == ("false" if there else "true") for text in self.values)
        if not values:
            return self._holds_when_absent(self.operator)
        if not self.set_operator and len(values) > 1:
            return self.operator.negated  # a key of several values equals nothing without a set operator
        if self.set_operator and values == ("",):
            return self.set_operator is SetOperator.FOR_ALL_VALUES
        every = all if self.set_operator is SetOperator.FOR_ALL_VALUES else any
        return every(self._met(self.operator, value, context) for value in values)

    def absent_keys(self, context: Context) -> Iterator[str]:
        """The keys, as the policy spells them, that it asks for and the request lacks."""
        if not context.values(self.key.lower()):
            yield self.key
        for text in self.values:
            yield from (key for key in text.keys if not context.values(key.lower()))

    def _holds_when_absent(self, operator: Operator) -> bool:
        if self.if_exists or self.set_operator is SetOperator.FOR_ALL_VALUES:
            return True
        return operator.negated and self.set_operator is SetOperator.NONE

    def _met(self, operator: Operator, value: str, context: Context) -> bool:
        return any(operator.test(value, text, context) for text in self.values) is not operator.negated


def _split(name: str) -> tuple[SetOperator, str, bool]:
    prefix, colon, base = name.rpartition(":")
    set_operator = _set_operator(prefix) if colon else SetOperator.NONE
    if set_operator is None:
        raise ValueError(f"{name!r} does not begin with ForAnyValue: or ForAllValues:")
    base = base.lower()
    if_exists = base.endswith(_IF_EXISTS)
    return set_operator, base.removesuffix(_IF_EXISTS), if_exists


def _set_operator(prefix: str) -> SetOperator | None:
    members = (SetOperator.FOR_ANY_VALUE, SetOperator.FOR_ALL_VALUES)
    return next((member for member in members if member.lower() == prefix.lower()), None)
