"""An exception in the config is for a rule that does not exist, or that takes none."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.granting import nearest
from rolecall.core.lint.model import Finding, Rule, Subject


def _check(subject: Subject) -> Iterator[Finding]:
    for number, exception in enumerate(subject.role.exceptions):
        place = f"role.exceptions[{number}]"
        if exception.rule not in subject.rules:
            guess = nearest(exception.rule, subject.rules)
            mend = f"did you mean {guess}?" if guess else "docs/reference/lint-rules.md lists them"
            yield Finding(RULE.id, place, f"no rule is called {exception.rule!r}", mend)
        elif not subject.rules[exception.rule]:
            yield Finding(RULE.id, place, f"{exception.rule} takes no exception", "take it out, and mend what is found")


RULE = Rule(
    id="exception-of-nothing",
    title="An exception is for no rule that takes one",
    why="What was meant to be set aside is not. An exception whose rule finds nothing is only told, on stderr: a later "
    "release, or a change of the groups, may have mended it.",
    check=_check,
    excusable=False,
)
