"""Scenarios read from YAML. `parse_scenario` is pure; `load_scenario` reads the one file it is given.

All problems of a file are told at once, each with line, key and hint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path

from rolecall.core import model_reader
from rolecall.errors import ConfigError, Problem
from rolecall.sandbox.scenario.checks import Finding, contradictions
from rolecall.sandbox.scenario.model import Scenario

Check = Callable[[Scenario], Iterable[Finding]]
"""What else a scenario is checked for, by what this module may not know."""


def shipped_scenarios() -> tuple[str, ...]:
    """The names of the scenarios that come with the package."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _shipped().iterdir()))


def load_scenario(name_or_path: str, also: Sequence[Check] = ()) -> Scenario:
    """A shipped scenario by its name, or a file. Raises ConfigError."""
    if name_or_path in shipped_scenarios():
        text = (_shipped() / f"{name_or_path}.yaml").read_text("utf-8")
        return parse_scenario(text, f"{name_or_path}.yaml", also)
    try:
        text = Path(name_or_path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = f"Name a YAML file, or one of the shipped scenarios: {', '.join(shipped_scenarios())}."
        raise ConfigError(f"Cannot read the scenario {name_or_path}", detail=str(error), hint=hint) from error
    return parse_scenario(text, name_or_path, also)


def parse_scenario(text: str, file: str, also: Sequence[Check] = ()) -> Scenario:
    """Raises ConfigError with every problem of `text`; `file` is what the problems name."""
    reading = model_reader.read(Scenario, text, file, lambda details: "", writes=_WRITES)  # noqa: ARG005
    problems = list(reading.problems)
    if reading.rest is not None:
        findings = (finding for check in (contradictions, *also) for finding in check(reading.rest))
        problems += [reading.problem(path, message) for path, message in findings]
    if reading.model is None or problems:
        raise model_reader.refusal(file, problems)
    return reading.model


_WRITES = "docs/reference/scenario.md tells every key"


def refusal(findings: Iterable[Finding]) -> ConfigError:
    """For a scenario that no file tells the lines of."""
    return model_reader.refusal(
        "The scenario", [Problem("scenario", None, model_reader.dotted(path), message) for path, message in findings]
    )


def _shipped() -> resources.abc.Traversable:
    return resources.files("rolecall.sandbox") / "scenarios"
