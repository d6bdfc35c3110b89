"""What the tests of flows have in common: look, apply, and where accounts are."""

from __future__ import annotations

from collections.abc import Mapping

from rolecall.core.config import Config
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.plan import Plan, refuse_if_stale
from rolecall.core.verdicts import Row
from rolecall.flows.apply import Applied, apply
from rolecall.flows.look import look
from tests.fakes.cloud import FakeCloud, config


async def applied(cloud: FakeCloud, wanted: Config | None = None, saved: Plan | None = None) -> Applied:
    """One `rolecall apply`."""
    ports = cloud.ports()
    seen = await look(wanted or config(), ports)
    if saved:
        refuse_if_stale(saved, seen.plan)
    return await apply(seen, ports)


def account(cloud: FakeCloud, name: str) -> AccountId:
    return next(found.id for found in cloud.organizations.members.values() if found.name == name)


def unit(cloud: FakeCloud, name: str) -> UnitId:
    return next(found.id for found in cloud.organizations.units.values() if found.name == name)


def by_name(rows: tuple[Row, ...]) -> Mapping[str, Row]:
    return {row.account.account.name: row for row in rows}


def verdicts(done: Applied) -> dict[str, str]:
    return {name: str(row.verdict) for name, row in by_name(done.seen.rows(done.proofs)).items()}
