"""Progress that is not shown: of what nobody watches, or of what goes on beside something that is shown already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rolecall.ports import Progress


class Silence:
    """The `Progress` port, saying nothing."""

    def begin(self, title: str, total: int | None) -> None:
        pass

    def reached(self, done: int, note: str = "") -> None:
        pass

    def tally(self, found: Mapping[str, int]) -> None:
        pass

    def end(self) -> None:
        pass

    def say(self, line: str) -> None:
        pass


@dataclass(frozen=True)
class Aside(Silence):
    """Of which only the lines that stay are heard."""

    progress: Progress

    def say(self, line: str) -> None:
        self.progress.say(line)
