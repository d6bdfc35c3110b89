"""Progress on stderr: bars in a terminal, a line a stage elsewhere, nothing when quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from rolecall import ports
from rolecall.cli.options import Options
from rolecall.cli.views import console
from rolecall.core.rate import Rate, told
from rolecall.core.roll import Access
from rolecall.flows.aside import Silence


@contextmanager
def progress_for(options: Options) -> Iterator[ports.Progress]:
    """The progress that suits stderr and the options."""
    err = console.stderr(options)
    if options.quiet:
        yield Silence()
    elif err.is_terminal:
        with live_bars(err) as bars:
            yield Bars(bars)
    else:
        yield Lines(err)


EVERY_SECONDS = 30.0
"""How often a log is told how far a stage is."""


class Lines(Silence):
    """A line when a stage ends, and one every so often until then: for logs."""

    def __init__(self, err: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._err = err
        self._now = now
        self._title = ""
        self._counts = ""
        self._total: int | None = None
        self._began = self._said = 0.0
        self._rate = Rate()
        self._found: Mapping[str, int] = {}

    def begin(self, title: str, total: int | None) -> None:
        if title != self._title:
            self._began = self._said = self._now()
            self._rate, self._counts, self._found = Rate(), "", {}
        self._title, self._total = title, total

    def reached(self, done: int, note: str = "") -> None:
        now = self._now()
        of = f"/{self._total}" if self._total is not None else ""
        self._counts = f" {done}{of}" + "".join(f", {part}" for part in (note, *_counted(self._found)) if part)
        self._rate = self._rate.after(now, done)
        if now - self._said >= EVERY_SECONDS and done != self._total:
            self._said = now
            pace = told(self._rate, self._total)
            self._err.print(f"{self._title}:{self._counts}{f'; {pace}' if pace else ''}", markup=False)

    def tally(self, found: Mapping[str, int]) -> None:
        self._found = found

    def end(self) -> None:
        if self._title:
            self._err.print(f"{self._title}:{self._counts} {self._now() - self._began:.1f} s", markup=False)
        self._title = ""

    def say(self, line: str) -> None:
        self._err.print(line, markup=False, soft_wrap=True)


class Bars(Silence):
    """A bar a stage, which goes when the stage ends."""

    def __init__(self, bars: Tallied) -> None:
        self._bars = bars
        self._title = ""
        self._task: TaskID | None = None
        self._total: int | None = None
        self._rate = Rate()

    def begin(self, title: str, total: int | None) -> None:
        self._total = total
        if self._task is not None and title == self._title:
            self._bars.update(self._task, total=total)
            return
        self.end()
        self._title, self._rate, self._bars.found = title, Rate(), {}
        self._task = self._bars.add_task(title, total=total, note="", pace="")

    def reached(self, done: int, note: str = "") -> None:
        if self._task is not None:
            self._rate = self._rate.after(time.monotonic(), done)
            self._bars.update(self._task, completed=done, note=note, pace=told(self._rate, self._total))

    def tally(self, found: Mapping[str, int]) -> None:
        self._bars.found = found

    def end(self) -> None:
        self._bars.found = {}
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None

    def say(self, line: str) -> None:
        self._bars.console.print(line, markup=False)


class Tallied(Progress):
    """Bars, and under them a live table of what was found so far."""

    found: Mapping[str, int] = MappingProxyType({})

    def get_renderables(self) -> Iterator[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        if self.found:
            yield _tally(self.found)


def _tally(found: Mapping[str, int]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for word in _IN_ORDER:
        if count := found.get(word):
            table.add_row(f"{count:,}", Text(word, style=_STYLES[word]), Text(_MEANINGS[word], style="dim"))
    return table


def _counted(found: Mapping[str, int]) -> Iterator[str]:
    """Such as `3 refused`: all but those that are as they should be."""
    for word in _IN_ORDER:
        if word != Access.ANSWERING and (count := found.get(word)):
            yield f"{count} {word}"


_MEANINGS: Mapping[str, str] = {
    Access.OPEN: "lets in more than the platform",
    Access.REFUSED: "cannot be assumed",
    Access.RESTRICTED: "some permission is missing",
    Access.UNKNOWN: "no answer",
    Access.ANSWERING: "as it should be",
}
_IN_ORDER = tuple(_MEANINGS)
_STYLES: Mapping[str, str] = {
    Access.OPEN: "verdict.unsafe",
    Access.REFUSED: "verdict.unreachable",
    Access.RESTRICTED: "verdict.restricted",
    Access.UNKNOWN: "verdict.unknown",
    Access.ANSWERING: "verdict.ready",
}


def live_bars(err: Console) -> Tallied:
    return Tallied(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", style="red"),
        TextColumn("{task.fields[pace]}"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
