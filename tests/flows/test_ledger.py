from __future__ import annotations

import pytest

from rolecall.core.organization import AccountState
from rolecall.errors import ConfigError
from rolecall.flows.ledger import hold_against, leave_behind
from rolecall.flows.look import look
from tests.fakes.cloud import FakeCloud, config

from .acting import account, applied


async def test_a_run_that_ends_between_the_ledger_and_the_deletion_leaves_no_entry_behind(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.organizations.set_state(dev, AccountState.SUSPENDED)
    await leave_behind(await look(config(), cloud.ports()), cloud.ports(), [dev])
    assert [entry.account for entry in cloud.ledger.entries] == [dev]
    await hold_against(await look(config(), cloud.ports()), cloud.ports())
    assert cloud.ledger.entries == ()


async def test_nothing_is_written_where_nothing_changes(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.ledger.writes.clear()
    seen = await look(config(), cloud.ports())
    await leave_behind(seen, cloud.ports(), [])
    await hold_against(seen, cloud.ports())
    assert cloud.ledger.writes == []


async def test_a_broken_ledger_stops_what_would_have_to_write_it(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.ledger.broken = True
    seen = await look(config(), cloud.ports())
    with pytest.raises(ConfigError):
        await leave_behind(seen, cloud.ports(), [account(cloud, "dev")])
