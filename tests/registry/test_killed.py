"""Servers and workers that are killed at random moments lose nothing, and do nothing twice.

A few moments on each database; more where ROLECALL_EXHAUSTIVE is set.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest
import yaml
from sqlalchemy import select, text

from rolecall.registry.audit.store import AuditQuery, lines_after
from rolecall.registry.auth import Role, create_key
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.engine import Database, open_database
from rolecall.registry.database.models import AccountRow, Base, CheckRow, PipelineRow, SubtaskRow
from rolecall.registry.discovery.begin import discovery_pipeline
from rolecall.registry.pipelines.terms import OPEN, SubtaskState
from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.scenario import load_scenario
from rolecall.sandbox.wire import Call
from rolecall.wiring.assembly import Credentials
from rolecall.wiring.registry import open_registry_ports
from tests.pitfalls.conftest import House, StartHouse, sandbox_loop, start_house, start_sandbox

from .conftest import aws_account
from .postgres import Postgres
from .processes import RegistryProcess
from .test_on_the_sandbox import discovery_role, role_of
from .working import Office, until

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

pytestmark = pytest.mark.timeout(600)
ADDS = 50
LOTS, KILLS = (range(10), 4) if os.environ.get("ROLECALL_EXHAUSTIVE") else (range(1), 2)
"""Four kills at most: what was taken five times without coming to an end is given up."""
ADDED = ("storefront-prod", "search-prod", "hr", "finance", "dns", "audit", "identity", "log-archive")
Row = TypeVar("Row", bound=Base)
ENDED = {state.value for state in (SubtaskState.SUCCESS, SubtaskState.FAILURE, SubtaskState.CANCELLED)}


@pytest.fixture
async def house(start_house: StartHouse) -> House:
    """The demo's organization, in which every call takes a while, with the role deployed."""
    scenario = load_scenario("demo")
    switches = scenario.switches.model_copy(update={"latency_ms": 15})
    house = start_house(scenario.model_copy(update={"switches": switches}))
    await house.apply()
    return house


@pytest.fixture
async def office(house: House, database: Database) -> AsyncIterator[Office]:
    async with opened(house, database) as office:
        yield office


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture
async def office_on_postgres(house: House, postgres_url: str) -> AsyncIterator[Office]:
    database = open_database(postgres_url)
    async with opened(house, database) as office:
        yield office
    database.close()


@asynccontextmanager
async def opened(house: House, database: Database) -> AsyncIterator[Office]:
    """With the discovery role registered, and two others to be checked."""
    wanted = house.config()
    async with open_registry_ports(wanted, Credentials("platform")) as ports:
        office = Office(database, ports, wanted)
        office.add("org", discovery_role(house))
        for name in ("office-it", "locked-down"):
            office.add(name, role_of(house, name))
        yield office


@pytest.fixture
def folder(house: House, tmp_path: Path) -> Path:
    """With the config by which the roles were deployed."""
    told = house.config().model_dump(mode="json", include={"version", "role", "targets"}, exclude_unset=True)
    (tmp_path / "rolecall.yaml").write_text(yaml.safe_dump(told))
    return tmp_path


@pytest.fixture
def server(house: House, database_url: str, folder: Path) -> Iterator[RegistryProcess]:
    server = RegistryProcess(database_url, folder, house.sandbox.environment())
    yield server
    server.stop()


async def ended(office: Office, pipelines: Sequence[int], seconds: float = 240) -> None:
    def still() -> list[int]:
        return [one for one in pipelines if office.pipeline(one).status in OPEN]

    await until(lambda: not still(), still, seconds)


async def add(client: aiohttp.ClientSession, name: str, role: str) -> bool:
    """Whether the server said 201; else it was killed after it had written, and says so when it is asked again."""
    while True:
        try:
            async with client.post("/api/v3/accounts", json=aws_account(name, role)) as answer:
                assert answer.status in (201, 409), await answer.text()
                return answer.status == 201
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def adding(house: House, server: RegistryProcess, url: str) -> AsyncIterator[list[asyncio.Task[bool]]]:
    """Fifty at once, of the roles of a few accounts."""
    key = create_key(url, Role.ADMINISTRATOR.value, "adder")
    async with aiohttp.ClientSession(server.url, headers={"Authorization": f"Bearer {key}"}) as client:
        yield [
            asyncio.create_task(add(client, f"added {number}", role_of(house, ADDED[number % len(ADDED)])))
            for number in range(ADDS)
        ]


@pytest.mark.parametrize("lot", LOTS)
async def test_a_server_killed_at_random_moments_loses_nothing_and_does_nothing_twice(
    office: Office, house: House, server: RegistryProcess, database_url: str, lot: int
) -> None:
    moments = random.Random(lot)
    checks = check_pipeline(["office-it", "locked-down"])
    await asyncio.to_thread(server.start)
    async with adding(house, server, database_url) as adds:
        begun = [office.begin(new) for new in (discovery_pipeline("org", "CadoResponseRole"), checks, checks)]
        for _ in range(KILLS):
            await asyncio.sleep(moments.uniform(0.05, 1.2))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        await asyncio.gather(*adds)
        pipelines = [row.id for row in rows(office, PipelineRow)]
        await ended(office, pipelines)
    assert len(pipelines) == len(begun) + ADDS, "each that was added is checked, once"
    as_if_undisturbed(office, pipelines)
    nothing_is_lost(office, house)
    nothing_is_double(office, pipelines)


def as_if_undisturbed(office: Office, begun: Sequence[int]) -> None:
    """Nothing failed but what is planted: a role that somebody else has made, and one that a policy restricts."""
    failed = [row for one in begun for row in office.subtasks(one).values() if row.state == "FAILURE"]
    told = [f"{row.name}: {row.progress}" for row in failed]
    assert [line for line in told if not line.startswith(("Register legacy-erp", "Check locked-down"))] == []


def nothing_is_lost(office: Office, house: House) -> None:
    """What was added is there; and so is every account that answers, but those added by hand under another name."""
    names = set(office.names())
    assert {f"added {number}" for number in range(ADDS)} <= names
    roles = Counter(row.role_arn for row in rows(office, AccountRow))
    answering = {account.name for account in house.sandbox.world.accounts()} - {"legacy-erp", "retired-2023"}
    assert {role_of(house, name) for name in answering} <= set(roles)


def nothing_is_double(office: Office, begun: Sequence[int]) -> None:
    subtasks = [row for one in begun for row in office.subtasks(one).values()]
    assert {row.state for row in subtasks} <= ENDED
    joined = [row.name.removeprefix("Register ") for row in subtasks if row.progress[-1].startswith("Registered as")]
    with office.database.reading() as session:
        lines = lines_after(session, AuditQuery(event="account_added"), 0, 1000)
        if office.database.dialect == "sqlite":
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    told = [line.subject for line in lines if "pipeline" in line.route]
    assert len({line.subject for line in lines}) == len(lines)
    assert sorted(told) == sorted(joined) == sorted({*joined}), "each was registered in one transaction, once"
    assert [name for name in office.names() if name in joined] == sorted(joined)
    checked = Counter(row.pipeline_id for row in rows(office, CheckRow))
    for one in begun:
        done = [row for row in office.subtasks(one).values() if row.kind == "check" and row.state != "CANCELLED"]
        assert checked[one] == len(done), "one line of history a check that ended"


def rows(office: Office, table: type[Row]) -> Sequence[Row]:
    with office.database.reading() as session:
        return session.scalars(select(table)).all()


@contextmanager
def nobody_let_in(house: House) -> Iterator[None]:
    """For the block, AWS keeps whoever assumes a deployed role waiting: what registers or checks one does not end."""
    gateway, over = house.sandbox.running.gateway, asyncio.Event()
    go_on, wait = gateway._delay, FaultRule(kind="latency", milliseconds=0)

    class Waits:
        def of(self, call: Call) -> list[FaultRule]:
            return [wait] if str(call.params.get("RoleArn")).endswith("/CadoResponseRole") else []

    async def delay(faults: list[FaultRule]) -> None:
        if faults:
            await over.wait()
        await go_on(faults)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway, "_faults", Waits())
        patch.setattr(gateway, "_delay", delay)
        try:
            yield
        finally:
            house.sandbox.loop.call_soon_threadsafe(over.set)


@pytest.fixture
def workers(house: House, postgres_url: str, folder: Path) -> Iterator[list[RegistryProcess]]:
    """Three on one PostgreSQL database, not started yet; each does so little at a time that all have to help.

    What the last one has others may take soon after it is gone, and of the others nobody, however busy the machine is.
    """
    environment, command = house.sandbox.environment(), ("registry", "worker", "--concurrency", "2")
    leases = (300, 300, 2)
    workers = [RegistryProcess(postgres_url, folder, environment, command, lease) for lease in leases]
    yield workers
    for worker in workers:
        worker.stop()


async def test_what_a_killed_worker_had_in_its_hands_is_done_by_the_others(
    workers: list[RegistryProcess], house: House, office_on_postgres: Office
) -> None:
    office, (*survivors, victim) = office_on_postgres, workers
    await asyncio.gather(*(asyncio.to_thread(worker.start) for worker in workers))
    with nobody_let_in(house):
        begun = office.begin(discovery_pipeline("org", "CadoResponseRole"))
        await until(lambda: all(in_hands(office, worker) for worker in workers))
        held = in_hands(office, victim)
        victim.kill()
    await ended(office, [begun])
    finished = {row.id: row for row in office.subtasks(begun).values()}
    for subtask in held:
        after = finished[subtask.id]
        assert (after.state in ENDED, after.tries, after.owner != subtask.owner) == (True, 2, True)
        assert after.progress[0] == "Begun again, since the worker that had it is gone"
    assert {number_of(row.owner) for row in finished.values()} >= {worker.pid for worker in survivors}
    nothing_is_double(office, [begun])
    for worker in survivors:
        worker.signal(signal.SIGTERM)
        assert worker.ended() == 0, worker.log.read_text()


def in_hands(office: Office, worker: RegistryProcess) -> Sequence[SubtaskRow]:
    """What it registers as soon as AWS answers."""
    running = [row for row in rows(office, SubtaskRow) if (row.state, row.kind) == ("RUNNING", "join")]
    asking = [row for row in running if row.progress and row.progress[-1].startswith("Assuming")]
    return [row for row in asking if number_of(row.owner) == worker.pid]


def number_of(owner: str | None) -> int:
    """The process behind a worker's name."""
    return int(owner.split("-")[-2]) if owner else 0


async def test_a_worker_that_is_told_to_stop_gives_back_its_work_at_once(
    workers: list[RegistryProcess], house: House, office_on_postgres: Office
) -> None:
    """With a lease so long that waiting for it would take the test's time, beside a server that works for nobody."""
    office, (first, second, server) = office_on_postgres, workers
    server.command = ("serve", "--workers", "0")
    await asyncio.to_thread(server.start)
    begun = office.begin(discovery_pipeline("org", "CadoResponseRole"))
    await asyncio.sleep(1.5)
    assert office.pipeline(begun).status == "queued"
    await asyncio.to_thread(first.start)
    with nobody_let_in(house):
        await until(lambda: bool(in_hands(office, first)))
        first.signal(signal.SIGTERM)
        assert first.ended() == 0, first.log.read_text()
    assert "RUNNING" not in {row.state for row in office.subtasks(begun).values()}
    await asyncio.to_thread(second.start)
    await ended(office, [begun])
    assert {row.tries for row in office.subtasks(begun).values()} == {1}
