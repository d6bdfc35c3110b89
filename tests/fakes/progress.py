"""A progress that records."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class RecordingProgress:
    """The `Progress` port. `titles` are the stages in order, each once; `open` the one that has not ended."""

    titles: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    open: str | None = None

    def begin(self, title: str, total: int | None) -> None:
        if self.open != title:
            self.titles.append(title)
        self.open = title

    def reached(self, done: int, note: str = "") -> None:
        self.counts.append(done)

    def end(self) -> None:
        self.open = None

    def say(self, line: str) -> None:
        self.lines.append(line)
