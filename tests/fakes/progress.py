"""A progress that records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class RecordingProgress:
    """The `Progress` port. `titles` are the stages in order, each once; `open` the one that has not ended."""

    titles: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)
    open: str | None = None

    def begin(self, title: str, total: int | None) -> None:
        if self.open != title:
            self.titles.append(title)
        self.open = title

    def reached(self, done: int, note: str = "") -> None:
        self.counts.append(done)

    def tally(self, found: Mapping[str, int]) -> None:
        self.found = dict(found)

    def end(self) -> None:
        self.open = None

    def say(self, line: str) -> None:
        self.lines.append(line)
