"""Progress on stderr: bars in a terminal, a line a stage elsewhere, nothing when quiet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from rolecall import ports
from rolecall.cli.options import Options
from rolecall.cli.views import console


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


class Lines(Silence):
    """A line when a stage ends: for logs."""

    def __init__(self, err: Console) -> None:
        self._err = err
        self._title = ""
        self._counts = ""
        self._total: int | None = None
        self._began = 0.0

    def begin(self, title: str, total: int | None) -> None:
        if title != self._title:
            self._began = time.monotonic()
        self._title, self._total, self._counts = title, total, ""

    def reached(self, done: int, note: str = "") -> None:
        self._counts = f" {done}/{self._total}" + (f", {note}" if note else "")

    def end(self) -> None:
        if self._title:
            self._err.print(f"{self._title}:{self._counts} {time.monotonic() - self._began:.1f} s", markup=False)
        self._title = ""

    def say(self, line: str) -> None:
        self._err.print(line, markup=False)


class Bars(Silence):
    """A bar a stage, which goes when the stage ends."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._title = ""
        self._task: TaskID | None = None

    def begin(self, title: str, total: int | None) -> None:
        if self._task is not None and title == self._title:
            self._bars.update(self._task, total=total)
            return
        self.end()
        self._title = title
        self._task = self._bars.add_task(title, total=total, note="")

    def reached(self, done: int, note: str = "") -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=done, note=note)

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
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
