"""Pipelines begun and done in a test: a worker works until nothing is left to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rolecall.core.config import Config
from rolecall.core.ids import RoleArn
from rolecall.ports import RegistryPorts
from rolecall.registry.accounts.store import add_account, find_account
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import AccountRow, CheckRow, PipelineRow, SubtaskRow
from rolecall.registry.pipelines import store
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.pipelines.terms import OPEN, NewPipeline, User
from rolecall.registry.pipelines.worker import Terms, Worker
from rolecall.registry.settings import Settings
from rolecall.registry.work import Work, jobs_of
from tests.fakes.cloud import EXTERNAL_ID, FakeCloud, config
from tests.fakes.organization_reader import FakeOrganizationReader

SOMEBODY = User(7, "somebody's key")


def utc_now() -> datetime:
    return datetime.now(UTC)


async def until(reached: Callable[[], bool], seen: Callable[[], object] = lambda: None, seconds: float = 60) -> None:
    """Waits until something is so. Fails with what is `seen` instead when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, seen()
        await asyncio.sleep(0.02)


@dataclass
class Office:
    """A registry's database and what its jobs ask, with a worker on demand."""

    database: Database
    ports: RegistryPorts
    config: Config = field(default_factory=config)
    external_id: str | None = EXTERNAL_ID

    @classmethod
    def of(cls, database: Database, cloud: FakeCloud) -> Office:
        return cls(
            database,
            RegistryPorts(cloud.probe, cloud.organizations, cloud.clock, FakeOrganizationReader(cloud.organizations)),
        )

    def add(self, name: str, role: str) -> None:
        with self.database.transaction() as session:
            add_account(session, name, RoleArn.parse(role), utc_now())

    def account(self, name: str) -> AccountRow | None:
        with self.database.reading() as session:
            return find_account(session, name)

    def checks(self) -> Sequence[CheckRow]:
        with self.database.reading() as session:
            return session.query(CheckRow).order_by(CheckRow.id).all()

    def names(self) -> list[str]:
        with self.database.reading() as session:
            return sorted(row.account_name for row in session.query(AccountRow))

    def begin(self, new: NewPipeline) -> int:
        with self.database.transaction() as session:
            row = store.begin(session, new, SOMEBODY, utc_now())
        assert row is not None
        return row.id

    def pipeline(self, pipeline_id: int) -> PipelineRow:
        with self.database.reading() as session:
            return session.get_one(PipelineRow, pipeline_id)

    def subtasks(self, pipeline_id: int) -> dict[str, SubtaskRow]:
        with self.database.reading() as session:
            return {row.name: row for row in store.subtasks_of(session, pipeline_id)}

    def worker(self) -> Worker:
        work = Work(self.ports, self.config, Terms(pause=0.02, lease=timedelta(hours=1)))
        settings = Settings("unused", external_id=self.external_id)
        return Worker(self.database, jobs_of(settings, self.database, work, utc_now), utc_now, Bell(), work.terms)

    async def done(self, *new: NewPipeline, workers: int = 1) -> tuple[int, ...]:
        """Begins pipelines, and works until they have all ended. Their ids."""
        begun = tuple(map(self.begin, new))
        await self.work(*begun, workers=workers)
        return begun

    async def work(self, *pipelines: int, workers: int = 1) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work_until(pipelines))

    async def _work_until(self, pipelines: Sequence[int]) -> None:
        def still() -> list[int]:
            return [one for one in pipelines if self.pipeline(one).status in OPEN]

        async with self.worker().working():
            await until(lambda: not still(), still, 120)
