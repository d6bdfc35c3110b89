"""What differs between what is deployed and what should be, by meaning: before and after, for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rolecall.core.masking import masked
from rolecall.core.template.facts import EXTERNAL_ID, STATEMENT, Facts, told_by
from rolecall.core.template.hiding import hidden

_SHOWN = 6
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. Of sets `before` has what goes and `after` what comes; empty where that is nothing."""

    what: str
    before: str
    after: str


def differences(
    before: str, before_parameters: Mapping[str, str], after: str, after_parameters: Mapping[str, str]
) -> tuple[Difference, ...]:
    """Between two templates, each with its parameters' values; empty only where they are the same to a letter.

    External ids are masked, wherever they stand. A text that is no template, or differs in nothing that we understand,
    is "the template".
    """
    if before.strip() == after.strip() and dict(before_parameters) == dict(after_parameters):
        return ()
    former, present = told_by(before, before_parameters), told_by(after, after_parameters)
    if former is None or present is None:
        return (_OTHER_TEXT,)
    words = _Words(former.secrets | present.secrets)
    found = tuple(words.between(former.facts, present.facts))
    return found or tuple(_parameters(before_parameters, after_parameters)) or (_OTHER_TEXT,)


_OTHER_TEXT = Difference("the template", "", "other text")


@dataclass(frozen=True)
class _Words:
    """Facts in words, without what nobody is to see whole."""

    secrets: frozenset[str]

    def between(self, former: Facts, present: Facts) -> Iterator[Difference]:
        """A statement that comes or goes as a whole is one difference."""
        whole = _statements(present) ^ _statements(former)
        for statement in sorted(whole):
            yield Difference(statement, self._summary(statement, former), self._summary(statement, present))
        for what in dict.fromkeys((*former, *present)):
            was, now = former.get(what, frozenset()), present.get(what, frozenset())
            if was != now and _statement_of(what) not in whole:
                yield Difference(what, self._told(what, was - now), self._told(what, now - was))

    def _summary(self, statement: str, facts: Facts) -> str:
        """Such as `Allow s3:GetObject, s3:RestoreObject`; empty where it is not there."""
        said = [
            facts.get(f"{statement}: {element}", frozenset())
            for element in ("effect", "actions", "all but the actions")
        ]
        return " ".join(self._told(statement, values) for values in said if values)

    def _told(self, what: str, values: frozenset[str]) -> str:
        if EXTERNAL_ID in what:
            return ", ".join(map(masked, sorted(values)))
        shown = sorted(hidden(value, self.secrets) for value in values)
        more = [f"and {len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else []
        return ", ".join([_cut(value) for value in shown[:_SHOWN]] + more)


def _cut(value: str) -> str:
    """Nothing at all would look as if it were not there."""
    if not value:
        return "nothing"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def _statement_of(what: str) -> str:
    return what.partition(": ")[0] if STATEMENT in what else ""


def _statements(facts: Facts) -> set[str]:
    return {_statement_of(what) for what in facts} - {""}


def _parameters(former: Mapping[str, str], present: Mapping[str, str]) -> Iterator[Difference]:
    """Those that no fact shows: their values may be anything, and stay unsaid."""
    for name in sorted(former.keys() | present.keys()):
        if former.get(name) != present.get(name):
            yield Difference(f"parameter {name}", "set" if name in former else "", "set" if name in present else "")
