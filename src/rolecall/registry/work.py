"""Puts the registry's work together: which job does what, and a worker with the schedule beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from rolecall.core.config import Config
from rolecall.flows.one_role import RoleCaller
from rolecall.ports import RegistryPorts
from rolecall.registry.checks.job import CheckJob
from rolecall.registry.checks.schedule import Schedule
from rolecall.registry.database.engine import Database
from rolecall.registry.discovery.jobs import JoinJob, ListJob
from rolecall.registry.hushed import HushedDeepProbe
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.pipelines.jobs import Jobs
from rolecall.registry.pipelines.persistence import Persistence
from rolecall.registry.pipelines.terms import Kind
from rolecall.registry.pipelines.worker import Terms, Worker
from rolecall.registry.settings import Settings


@dataclass(frozen=True, slots=True)
class Work:
    """What work is done with: `config` says what roles are asked, and `terms` how the worker works."""

    ports: RegistryPorts
    config: Config
    terms: Terms = field(default_factory=Terms)


@asynccontextmanager
async def at_work(
    settings: Settings, database: Database, work: Work, now: Callable[[], datetime], bell: Bell
) -> AsyncIterator[None]:
    """A worker works, and checks that are due are begun, for as long as the block runs."""
    worker = Worker(database, jobs_of(settings, database, work, now), now, bell, work.terms)
    schedule = Schedule(Persistence(database), settings.check_every, now, bell)
    async with worker.working(), schedule.kept():
        yield


def jobs_of(settings: Settings, database: Database, work: Work, now: Callable[[], datetime]) -> Jobs:
    store = Persistence(database)
    ports = replace(work.ports, probe=HushedDeepProbe(work.ports.probe))
    return {
        Kind.CHECK: CheckJob(store, RoleCaller(work.config, ports), now),
        Kind.LIST: ListJob(store, ports, settings.external_id, now),
        Kind.JOIN: JoinJob(store, ports, settings.external_id, now),
    }
