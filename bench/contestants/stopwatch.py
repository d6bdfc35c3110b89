"""Measures one stretch of this process: wall time, CPU of all threads, and the process's peak memory."""

from __future__ import annotations

import resource
import sys
import time
from types import TracebackType

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes. https://man7.org/linux/man-pages/man2/getrusage.2.html"""


class Stopwatch:
    """A context manager. Seconds; `setup_seconds` is from the making of the watch to the start of the stretch."""

    def __init__(self) -> None:
        self._made = time.perf_counter()
        self.setup_seconds = self.seconds = self.cpu_seconds = 0.0

    def __enter__(self) -> None:
        self.setup_seconds = time.perf_counter() - self._made
        self._cpu = _cpu_seconds()
        self._began = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._began
        self.cpu_seconds = _cpu_seconds() - self._cpu

    def measured(self) -> dict[str, float]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT
        return {
            "setup_seconds": self.setup_seconds,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "peak_bytes": peak,
        }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
