"""Does subtasks, several at a time, until it is told to stop. Reads and writes the database.

What it holds it renews; what it cannot end somebody else takes over when the lease has ended.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from rolecall.registry.database.engine import Database
from rolecall.registry.pipelines import leases, presence
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.pipelines.jobs import Claimed, Jobs, Outcome, Tell, nothing_but
from rolecall.registry.pipelines.persistence import DatabaseAway, Persistence
from rolecall.registry.pipelines.terms import SubtaskState

_GRACE = 5.0
"""Seconds for the database to take back what was not done. Where it does not, the leases see to that."""
_FAILED = nothing_but(SubtaskState.FAILURE, "It failed inside the registry: whoever runs that finds why in its log")
_CANCELLED = nothing_but(SubtaskState.CANCELLED, "It was cancelled")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a worker works: so many subtasks at a time. `lease` is how long one stays with a worker that is heard of no
    more; it is renewed three times as often. `pause`, in seconds: how long it waits before it looks for work again,
    unless it is woken."""

    concurrency: int = 20
    lease: timedelta = timedelta(seconds=30)
    pause: float = 1.0


class Worker:
    """One worker. `owner` is nobody else's name."""

    def __init__(
        self, database: Database, jobs: Jobs, now: Callable[[], datetime], bell: Bell, terms: Terms | None = None
    ) -> None:
        self.owner = f"{socket.gethostname()[:32]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._store = Persistence(database)
        self._jobs = jobs
        self._now = now
        self._bell = bell
        self._terms = terms or Terms()
        self._held: dict[asyncio.Task[None], tuple[Claimed, asyncio.Task[Outcome]]] = {}
        self._stopping = False

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Works for as long as the block runs, and gives back at its end what it has not done."""
        with self._bell.listening() as awake:
            taking = asyncio.create_task(self._take_until_stopped(awake))
            renewing = asyncio.create_task(self._renew())
            _log.info("worker began", extra={"fields": {"owner": self.owner}})
            try:
                yield
            finally:
                self._stopping = True
                awake.set()
                await taking  # whatever it is about to take is ours, and given back below
                await self._leave()
                renewing.cancel()
                await asyncio.wait([renewing])
                with suppress(DatabaseAway):  # then it is forgotten in time
                    await self._store.write(presence.leave, self.owner, self._now())
                _log.info("worker ended", extra={"fields": {"owner": self.owner}})

    async def _take_until_stopped(self, awake: asyncio.Event) -> None:
        while not self._stopping:
            awake.clear()
            try:
                await self._drop_unwanted()
                took = await self._take(awake)
            except DatabaseAway:
                took = False
            except Exception:  # a worker that ended here would look as if it worked
                _log.exception("worker stumbled", extra={"fields": {"owner": self.owner}})
                took = False
            if not took:
                await _set_within(awake, max(self._terms.pause, self._store.pause))

    async def _take(self, awake: asyncio.Event) -> bool:
        """Whether it took anything."""
        free = self._terms.concurrency - len(self._held)
        if free <= 0 or not await self._store.read(leases.is_work, self._now()):
            return False
        held = {claimed.id for claimed, _job in self._held.values()}
        claims = await self._store.write(leases.claim, self.owner, self._now(), self._terms.lease, free, held)
        for claimed in claims:
            self._begin(claimed, awake)
        return bool(claims)

    def _begin(self, claimed: Claimed, awake: asyncio.Event) -> None:
        job = asyncio.create_task(self._done(claimed))
        seeing = asyncio.create_task(self._see_through(claimed, job))
        self._held[seeing] = claimed, job

        def forget(ended: asyncio.Task[None]) -> None:
            del self._held[ended]
            awake.set()

        seeing.add_done_callback(forget)

    async def _done(self, claimed: Claimed) -> Outcome:
        return await self._jobs[claimed.kind](claimed, self._teller(claimed))

    def _teller(self, claimed: Claimed) -> Tell:
        lines: list[str] = []

        async def tell(line: str) -> None:
            lines.append(line)
            with suppress(DatabaseAway):  # the next line brings it along
                await self._store.write(leases.tell, claimed, tuple(lines))

        return tell

    async def _see_through(self, claimed: Claimed, job: asyncio.Task[Outcome]) -> None:
        await asyncio.wait([job])
        if job.cancelled() and self._stopping:
            await self._store.write_at_last(leases.give_back, claimed, self._now())
            return
        try:
            ours = await self._store.write_at_last(leases.finish, claimed, _outcome(claimed, job), self._now())
        except Exception:
            _log.exception("outcome not written", extra={"fields": _fields(claimed)})
            ours = await self._store.write_at_last(leases.finish, claimed, _FAILED, self._now())
        if not ours:
            _log.warning("lease lost", extra={"fields": _fields(claimed)})

    async def _renew(self) -> None:
        """Says that it is there and renews what it holds, until it is cancelled."""
        while True:
            try:
                await self._renew_once()
            except DatabaseAway:  # then nobody else takes them either
                pass
            except Exception:  # a worker that renewed no more would do everything again and again
                _log.exception("renewal stumbled", extra={"fields": {"owner": self.owner}})
            await asyncio.sleep(self._terms.lease.total_seconds() / 3)

    async def _renew_once(self) -> None:
        """Leases first: what is held matters more than who is told of it."""
        if claims := self._claims():
            kept = await self._store.write(leases.renew, claims, self._now(), self._terms.lease)
            self._drop({claimed.id for claimed in claims} - kept)
        await self._store.write(presence.be_there, self.owner, self._now(), self._terms.lease)

    async def _drop_unwanted(self) -> None:
        if claims := self._claims():
            self._drop(await self._store.read(leases.unwanted, claims))

    def _claims(self) -> list[Claimed]:
        """Those that are still being done."""
        return [claimed for claimed, job in self._held.values() if not job.done()]

    def _drop(self, ids: Collection[int]) -> None:
        for claimed, job in self._held.values():
            if claimed.id in ids:
                job.cancel()

    async def _leave(self) -> None:
        for _claimed, job in self._held.values():
            job.cancel()
        if not self._held:
            return
        _done, late = await asyncio.wait([*self._held], timeout=_GRACE)
        for seeing in late:
            seeing.cancel()
        if late:
            _log.warning("worker left work behind", extra={"fields": {"subtasks": len(late)}})


def _outcome(claimed: Claimed, job: asyncio.Task[Outcome]) -> Outcome:
    if job.cancelled():
        return _CANCELLED
    if error := job.exception():
        _log.error("job failed", extra={"fields": _fields(claimed)}, exc_info=error)
        return _FAILED
    return job.result()


def _fields(claimed: Claimed) -> dict[str, object]:
    return {"pipeline": claimed.pipeline_id, "subtask": claimed.id, "kind": claimed.kind.value, "name": claimed.name}


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
