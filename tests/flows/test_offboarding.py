"""Accounts that leave the targets: deregistered, their instances deleted, and their roles asked if they are gone."""

from __future__ import annotations

import pytest

from rolecall.core.config import Config
from rolecall.core.gone import Goodbye, farewell_notes
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Why
from rolecall.core.organization import AccountState
from rolecall.errors import ConfigError
from tests.fakes.cloud import STACK_SET, FakeCloud, config

from .acting import account, applied, unit

FEWER = config(targets={"organizational_units": ["/Workloads/Prod", "/Security"]})
RETAINING = {"auto_deployment": {"enabled": True, "retain_on_removal": True}}


def retaining(*units: str) -> Config:
    return config(targets={"organizational_units": list(units)}, deployment=RETAINING)


async def test_the_role_of_an_account_that_leaves_is_proven_gone(cloud: FakeCloud) -> None:
    await applied(cloud)
    log: list[str] = []
    cloud.stack_sets.log = cloud.platform.log = log
    dev = account(cloud, "dev")
    done = await applied(cloud, FEWER)
    assert log[:2] == [f"remove dev ({dev})", "DeleteStackInstances"]
    assert [(found.account, found.goodbye) for found in done.goodbyes] == [(dev, Goodbye.GONE)]
    assert list(farewell_notes(done.goodbyes, {dev: "dev"})) == [
        "roles proven gone: 1 of 1, which answered before and are refused now"
    ]


async def test_why_nothing_is_proven_is_said(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.probe.born[dev] = 1e9
    done = await applied(cloud, FEWER)
    assert list(farewell_notes(done.goodbyes, {dev: "dev"})) == [
        "not proven gone: the role in 1 account (dev): it did not answer before either"
    ]


async def test_a_role_that_still_answers_is_a_failure(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev, content, deployed = account(cloud, "dev"), cloud.retained_content, cloud.probe.deployed
    cloud.probe.deployed = lambda found: content if found == dev else deployed(found)
    done = await applied(cloud, FEWER)
    assert [(found.account, found.subject) for found in done.failures] == [
        (dev, f"role arn:aws:iam::{dev}:role/CadoResponseRole")
    ]


async def test_nobody_is_asked_where_nobody_leaves(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.assumed.clear()
    await applied(cloud)
    assert cloud.probe.assumed == []


async def test_a_suspended_account_under_a_unit_that_is_dropped_goes_into_the_ledger(cloud: FakeCloud) -> None:
    await applied(cloud, config(targets={"organizational_units": ["/Workloads/Dev", "/Security"]}))
    dev = account(cloud, "dev")
    cloud.organizations.set_state(dev, AccountState.SUSPENDED)
    await applied(cloud, config(targets={"organizational_units": ["/Security"]}))
    assert [(entry.account, entry.why) for entry in cloud.ledger.entries] == [(dev, Why.INACTIVE)]


def let_go_by_aws(cloud: FakeCloud, found: AccountId) -> None:
    """What auto-deployment does with retain_on_removal when an account is moved away."""
    instance = cloud.stack_sets.sets[STACK_SET].instances.pop(found)
    cloud.stack_sets.importable[instance.stack_id] = found


async def test_what_auto_deployment_retained_goes_into_the_ledger(cloud: FakeCloud) -> None:
    wanted = retaining("/Workloads")
    await applied(cloud, wanted)
    dev = account(cloud, "dev")
    cloud.organizations.move(dev, unit(cloud, "Security"))
    let_go_by_aws(cloud, dev)
    done = await applied(cloud, wanted)
    (entry,) = cloud.ledger.entries
    assert (entry.account, entry.why, entry.stack_id) == (dev, Why.RETAINED, "")
    assert f"dev ({dev})" not in cloud.platform.registered
    (note,) = (note for note in done.seen.notes if note.startswith("left behind"))
    assert "Nobody knows its stack: delete it there" in note

    cloud.stack_sets.importable.clear()  # somebody deleted it there
    await applied(cloud, wanted)
    assert cloud.ledger.entries == ()


@pytest.mark.parametrize("answers", [True, False])
async def test_an_account_out_of_the_organization_that_still_lets_the_platform_in_is_written_down(
    cloud: FakeCloud, answers: bool
) -> None:
    platform = {"name": "forensics", "url": "https://platform.example.com", "api_key": "env:KEY"}
    wanted = config(platforms=[{**platform, "deregister_departed": True}])
    await applied(cloud, wanted)
    dev = account(cloud, "dev")
    cloud.organizations.leave(dev)
    cloud.stack_sets.sets[STACK_SET].instances.pop(dev)
    if answers:
        cloud.stack_sets.importable["stack/dev"] = dev
    await applied(cloud, wanted)
    assert f"dev ({dev})" not in cloud.platform.registered
    kept = [(entry.account, entry.why, entry.is_open) for entry in cloud.ledger.entries]
    assert kept == ([(dev, Why.DEPARTED, False)] if answers else [])


async def test_an_account_that_leaves_with_its_role_leaves_nothing_behind(cloud: FakeCloud) -> None:
    wanted = retaining("/Workloads")
    await applied(cloud, wanted)
    dev = account(cloud, "dev")
    cloud.organizations.move(dev, unit(cloud, "Security"))
    cloud.stack_sets.sets[STACK_SET].instances.pop(dev)
    await applied(cloud, wanted)
    assert cloud.ledger.entries == ()


async def test_a_broken_ledger_ends_it_before_anything_is_changed(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.ledger.broken = True
    cloud.stack_sets.log.clear()
    with pytest.raises(ConfigError):
        await applied(cloud, FEWER)
    assert cloud.stack_sets.log == []
    assert len(cloud.platform.registered) == 5
