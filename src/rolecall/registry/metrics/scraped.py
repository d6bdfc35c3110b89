"""Gathers all that `/metrics` tells into one registry of its own: nothing is kept in the library's global one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from rolecall import __version__
from rolecall.registry.database.engine import Database
from rolecall.registry.metrics.pipelines import of_pipelines
from rolecall.registry.metrics.state import PREFIX, of_accounts, of_records, of_work
from rolecall.registry.metrics.traffic import Traffic


class Metrics:
    """One app's. `traffic` is told each request; the rest is read from the database when `registry` is collected."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.traffic = Traffic(self.registry)
        self.registry.register(_State(database, now))
        ProcessCollector(registry=self.registry)


class _State(Collector):
    """All of one scrape is read in one transaction, so that its figures fit together."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def collect(self) -> Iterable[Metric]:
        return list(self._read())

    def _read(self) -> Iterator[Metric]:
        now = self._now()
        yield InfoMetricFamily(PREFIX, "The registry that answers.", {"version": __version__})
        with self._database.reading() as session:
            yield from of_accounts(session, now)
            yield from of_work(session, now)
            yield from of_pipelines(session, self._database.dialect)
            yield from of_records(session)
