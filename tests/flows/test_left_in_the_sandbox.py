"""What destroy leaves behind, against the sandbox: accounts that sleep, come back or leave, and stuck instances."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from rolecall.core.gone import Goodbye
from rolecall.core.ledger import Why
from rolecall.core.organization import AccountState
from rolecall.flows.destroy import Destroyed, destroy, settled_look
from rolecall.flows.farewell import left_that_answer
from rolecall.flows.finishing import own_name
from rolecall.flows.ledger import leave_behind
from rolecall.sandbox.scenario import Scenario
from tests.pitfalls.conftest import STACK_SET, House, StartHouse, sandbox_loop, start_house, start_sandbox

corner = pytest.mark.skipif(
    "ROLECALL_EXHAUSTIVE" not in os.environ,
    reason="runs where ROLECALL_EXHAUSTIVE is set; the fakes show the like elsewhere",
)
PARAMETERS = ("RoleName", "ExternalId", "AccessUntil")

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]


@pytest.fixture
def house(start_house: StartHouse) -> House:
    units = [{"name": "A", "accounts": ["one", "two"]}, {"name": "B", "accounts": ["three"]}]
    return start_house(Scenario.model_validate({"organization": {"seed": 5, "units": units}}))


def put(house: House, account: str, state: str) -> None:
    """What AWS Support does, and what a closure ends in."""

    async def change() -> None:
        house.sandbox.world.organization.set_state(house.account(account), state)

    asyncio.run_coroutine_threadsafe(change(), house.sandbox.loop).result()


async def destroyed(house: House, *only: str, **changes: Any) -> Destroyed:
    wanted = house.config(**changes)
    async with house.ports(wanted) as ports:
        seen = await settled_look(wanted, ports)
        return await destroy(seen, ports, frozenset(map(house.account, only)) or None)


def stack_sets(house: House) -> list[str]:
    listed = house.sandbox.client("cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"]
    return [found["StackSetName"] for found in listed]


async def test_an_account_that_sleeps_keeps_its_stack_until_it_lives_again(house: House) -> None:
    await house.apply()
    put(house, "one", AccountState.CLOSED)
    left = await destroyed(house)
    assert left.well
    (entry,) = house.ledger.entries
    assert (entry.name, entry.why) == ("one", Why.INACTIVE)
    assert {found.goodbye for found in left.farewells} == {Goodbye.GONE}
    assert stack_sets(house) == []

    put(house, "one", AccountState.ACTIVE)
    assert house.has_role("one")
    async with house.ports(house.config()) as ports:
        seen = await settled_look(house.config(), ports)
        (answers,) = await left_that_answer(seen, ports)
        assert answers == f"{entry.role_arn}, which was left behind, still answers the platform"
        (note,) = (note for note in seen.notes if "left behind" in note)
        assert note.startswith(f"left behind in one ({entry.account}) since ")
        assert note.endswith("`rolecall apply` takes it back, `rolecall destroy` takes it out")

    done = await destroyed(house)
    assert done.well
    assert not house.ledger.entries
    assert not house.has_role("one")
    assert stack_sets(house) == []
    assert [(found.account, found.goodbye) for found in done.farewells] == [(entry.account, Goodbye.GONE)]


@corner
async def test_a_left_stack_is_finished_whatever_the_role_is_by_now(house: House) -> None:
    """Its stack set is made with the template that the ledger kept."""
    wide = {"role": {"permission_groups": ["account-check", "s3", "ebs"]}}
    await house.apply(house.config(**wide))
    put(house, "one", AccountState.SUSPENDED)
    await destroyed(house)
    put(house, "one", AccountState.ACTIVE)
    other = {"permission_groups": ["account-check"], "external_id": "AnotherExternalId"}
    assert (await destroyed(house, role=other)).well
    assert not house.has_role("one")
    policies = house.sandbox.client_of("iam", "one").list_policies(Scope="Local")["Policies"]
    assert policies == []


@corner
async def test_a_left_stack_that_somebody_deleted_ends_its_entry(house: House) -> None:
    await house.apply()
    put(house, "one", AccountState.SUSPENDED)
    await destroyed(house)
    put(house, "one", AccountState.ACTIVE)
    house.sandbox.client_of("cloudformation", "one").delete_stack(StackName=house.ledger.entries[0].stack_id)
    done = await destroyed(house)
    assert (done.failures, done.well, stack_sets(house)) == ((), True, [])
    assert not house.ledger.entries


async def test_a_run_that_ended_between_the_ledger_and_the_deletion_is_finished_without_an_entry_too_many(
    house: House,
) -> None:
    await house.apply()
    put(house, "one", AccountState.SUSPENDED)
    async with house.ports(house.config()) as ports:
        await leave_behind(await settled_look(house.config(), ports), ports, [house.account("one")])
    put(house, "one", AccountState.ACTIVE)
    assert [entry.name for entry in house.ledger.entries] == ["one"]
    done = await destroyed(house)
    assert (done.well, len(done.changes), stack_sets(house)) == (True, 9, [])
    assert not house.ledger.entries
    assert not house.has_role("one")


@corner
async def test_a_run_that_ended_after_it_took_the_stack_back_is_finished(house: House) -> None:
    """The stack set that was made for it is still there, and lists it."""
    await house.apply()
    put(house, "one", AccountState.SUSPENDED)
    await destroyed(house)
    put(house, "one", AccountState.ACTIVE)
    (entry,) = house.ledger.entries
    client, root = (
        house.sandbox.client("cloudformation"),
        house.sandbox.client("organizations").list_roots()["Roots"][0]["Id"],
    )
    client.create_stack_set(
        StackSetName=own_name(STACK_SET),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
        TemplateBody=entry.template,
        Parameters=[{"ParameterKey": "ExternalId", "ParameterValue": "some-value"}],
        Tags=[{"Key": "managed-by", "Value": "rolecall"}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    client.import_stacks_to_stack_set(
        StackSetName=own_name(STACK_SET), StackIds=[entry.stack_id], OrganizationalUnitIds=[root]
    )
    done = await destroyed(house)
    assert (done.well, stack_sets(house), house.has_role("one")) == (True, [], False)
    assert not house.ledger.entries


@corner
async def test_an_account_that_left_is_let_go_of_by_aws_and_closed_in_the_ledger(house: House) -> None:
    await house.apply()
    put(house, "one", AccountState.SUSPENDED)
    await destroyed(house)
    put(house, "one", AccountState.ACTIVE)
    account = house.account("one")
    house.sandbox.client("organizations").remove_account_from_organization(AccountId=account)
    done = await destroyed(house)
    assert done.well
    (entry,) = house.ledger.entries
    assert not entry.is_open
    assert "outside the organization, where only the owner can delete it" in "".join(done.seen.notes)


async def test_a_stack_set_in_which_an_instance_stays_is_told_with_the_reason(house: House) -> None:
    """Somebody attached another policy to the role: CloudFormation cannot delete it, and StackSets give it up."""
    await house.apply()
    iam = house.sandbox.client_of("iam", "one")
    iam.attach_role_policy(RoleName="CadoResponseRole", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    first = await destroyed(house)
    assert house.account("one") in {found.account for found in first.failures}
    assert (first.well, house.ledger.entries, stack_sets(house)) == (False, (), [STACK_SET])

    second = await destroyed(house)  # once more, and then it is let go of
    assert [entry.why for entry in house.ledger.entries] == [Why.INOPERABLE]
    assert stack_sets(house) == []
    assert [change.account for change in second.left] == [house.account("one")]

    iam.detach_role_policy(RoleName="CadoResponseRole", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    house.sandbox.client_of("cloudformation", "one").delete_stack(StackName=house.ledger.entries[0].stack_id)
    assert (await destroyed(house)).well
    assert not house.ledger.entries


@corner
async def test_a_moved_account_and_units_of_another_config_go_too(house: House) -> None:
    await house.apply(house.config(targets={"organizational_units": ["/A"]}))
    client = house.sandbox.client("organizations")
    root = house.sandbox.client("organizations").list_roots()["Roots"][0]["Id"]
    update = house.sandbox.client("cloudformation")
    update.update_stack_set(
        StackSetName=STACK_SET, UsePreviousTemplate=True, AutoDeployment={"Enabled": False},
        Capabilities=["CAPABILITY_NAMED_IAM"], PermissionModel="SERVICE_MANAGED",
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in PARAMETERS],
        Tags=[{"Key": "managed-by", "Value": "rolecall"}],
    )  # fmt: skip
    client.move_account(AccountId=house.account("one"), SourceParentId=house.naive.unit("A"), DestinationParentId=root)
    done = await destroyed(house, targets={"organizational_units": ["/B"]})
    assert (done.well, stack_sets(house), house.has_role("one")) == (True, [], False)
