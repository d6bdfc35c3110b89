"""What the registry is asked for, and the table of how it answered: few accounts beside many, in one run."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.registry.furnishing import furnish
from bench.registry.load import Measured, Orders, measured
from bench.registry.serving import Registry, serving
from bench.table import render

PROMISE = 0.2
"""Seconds: the platform's own promise of a round trip."""
_HEADER = (
    "asked for",
    "accounts",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "worst ms",
    "errors",
    "over 200 ms",
    "CPU s per 1,000",
)
_PAGES = 40


@dataclass(frozen=True, slots=True)
class Setting:
    """`rate` requests a second, for `seconds` each."""

    rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Question:
    """`paths` for so many accounts, by a key or by a browser."""

    name: str
    paths: Callable[[int], Sequence[str]]
    by_browser: bool


def _pages(path: str, per_page: int) -> Callable[[int], Sequence[str]]:
    """Pages from all over the list, as many as there are up to forty."""

    def paths(accounts: int) -> Sequence[str]:
        pages = range(1, -(-accounts // per_page) + 1)
        chosen = random.Random(7).sample(pages, min(_PAGES, len(pages)))
        return [path.format(page) for page in chosen]

    return paths


def _searches(path: str) -> Callable[[int], Sequence[str]]:
    """What many accounts have in their names, what one has, and what none has."""
    return lambda accounts: [path.format(quote(text)) for text in ("prod", f"{accounts // 2} (", "no such account")]


QUESTIONS = (
    Question("listing", _pages("/api/v3/accounts?page={}", 10), by_browser=False),
    Question("listing, 100 a page", _pages("/api/v3/accounts?per_page=100&page={}", 100), by_browser=False),
    Question("search", _searches("/api/v3/accounts?account_name={}"), by_browser=False),
    Question("accounts page", _pages("/?page={}", 25), by_browser=True),
    Question("accounts page, searched", _searches("/?search={}"), by_browser=True),
    Question("organization page", lambda _: ["/organization"], by_browser=True),
)


def report(sizes: Sequence[int], setting: Setting) -> str:
    """A row a question and size; the questions one after another, the sizes in turn."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rolecall-bench-")))
        registries = {size: _registry(stack, folder / str(size), size) for size in sizes}
        rows = [row for question in QUESTIONS for row in _rows(question, registries, setting)]
    title = f"The registry, asked {setting.rate:g} times a second for {setting.seconds:g} s each"
    return render(title, _HEADER, rows, "Latencies from when a request was due. CPU of the server, all threads.")


def _registry(stack: ExitStack, folder: Path, size: int) -> Registry:
    folder.mkdir()
    return stack.enter_context(serving(furnish(folder / "registry.db", size), folder))


def _rows(question: Question, registries: Mapping[int, Registry], setting: Setting) -> Iterator[tuple[str, ...]]:
    for size, registry in registries.items():
        headers = {"Cookie": registry.cookie()} if question.by_browser else {"Authorization": f"Bearer {registry.key}"}
        urls = [f"{registry.url}{path}" for path in question.paths(size)]
        orders = Orders(urls, headers, setting.rate, setting.seconds)
        before = registry.cpu_seconds()
        told = measured(orders)
        used = registry.cpu_seconds() - before
        yield question.name, f"{size:,}", *_figures(told, used / (len(told.latencies) + orders.warm_up))


def _figures(told: Measured, cpu_seconds: float) -> Iterator[str]:
    """`cpu_seconds` of one request."""
    for percent in (50, 95, 99, 100):
        yield f"{told.percentile(percent) * 1000:.1f}"
    yield str(told.errors)
    yield str(sum(latency > PROMISE for latency in told.latencies))
    yield f"{cpu_seconds * 1000:.2f}"
