"""Progress on stderr: bars in a terminal, a line a stage elsewhere, nothing when quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from rolecall import ports
from rolecall.cli.options import Options
from rolecall.cli.views import console
from rolecall.core.rate import Rate, told


@contextmanager
def progress_for(options: Options) -> Iterator[ports.Progress]:
    """The progress that suits stderr and the options."""
    err = console.stderr(options)
    if options.quiet:
        yield Silence()
    elif err.is_terminal:
        with _bars(err) as bars:
            yield Bars(bars)
    else:
        yield Lines(err)


class Silence:
    """Says nothing."""

    def begin(self, title: str, total: int | None) -> None:
        pass

    def reached(self, done: int, note: str = "") -> None:
        pass

    def end(self) -> None:
        pass

    def say(self, line: str) -> None:
        pass


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

    def begin(self, title: str, total: int | None) -> None:
        if title != self._title:
            self._began = self._said = self._now()
            self._rate, self._counts = Rate(), ""
        self._title, self._total = title, total

    def reached(self, done: int, note: str = "") -> None:
        now = self._now()
        self._counts = f" {done}/{self._total}" + (f", {note}" if note else "")
        self._rate = self._rate.after(now, done)
        if now - self._said >= EVERY_SECONDS and done != self._total:
            self._said = now
            pace = told(self._rate, self._total)
            self._err.print(f"{self._title}:{self._counts}{f'; {pace}' if pace else ''}", markup=False)

    def end(self) -> None:
        if self._title:
            self._err.print(f"{self._title}:{self._counts} {self._now() - self._began:.1f} s", markup=False)
        self._title = ""

    def say(self, line: str) -> None:
        self._err.print(line, markup=False, soft_wrap=True)


class Bars(Silence):
    """A bar a stage, which goes when the stage ends."""

    def __init__(self, bars: Progress) -> None:
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
        self._title, self._rate = title, Rate()
        self._task = self._bars.add_task(title, total=total, note="", pace="")

    def reached(self, done: int, note: str = "") -> None:
        if self._task is not None:
            self._rate = self._rate.after(time.monotonic(), done)
            self._bars.update(self._task, completed=done, note=note, pace=told(self._rate, self._total))

    def end(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None

    def say(self, line: str) -> None:
        self._bars.console.print(line, markup=False)


def _bars(err: Console) -> Progress:
    return Progress(
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
