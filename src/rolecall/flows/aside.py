"""The progress of what goes on beside something that is shown already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rolecall.ports import Progress


@dataclass(frozen=True, slots=True)
class Aside:
    """The `Progress` port, of which only the lines that stay are heard."""

    progress: Progress

    def begin(self, title: str, total: int | None) -> None:
        pass

    def reached(self, done: int, note: str = "") -> None:
        pass

    def tally(self, found: Mapping[str, int]) -> None:
        pass

    def end(self) -> None:
        pass

    def say(self, line: str) -> None:
        self.progress.say(line)
