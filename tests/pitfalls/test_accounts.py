"""Accounts that come, go and sleep: pitfalls of the organization. Each naive way fails here where rolecall does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from rolecall.core.ids import AccountId
from rolecall.core.organization import Account
from rolecall.core.plan import Action
from rolecall.core.verdicts import Deployment as Deployed
from rolecall.flows.look import look
from rolecall.ports import Organizations
from rolecall.sandbox.scenario import Scenario
from tests.sandbox.conformance.cloud import refused

from .conftest import House, StartHouse


def close(house: House, account: str) -> None:
    house.sandbox.client("organizations").close_account(AccountId=house.account(account))


async def test_pitfall_08_closed_accounts_become_inoperable_unless_their_stacks_are_retained(house: House) -> None:
    """re:Post cloudformation-removal-stacksets: what cannot be reached cannot be deleted, only let go of."""
    house.naive.create()
    house.naive.deploy(house.naive.unit("Security"))
    await house.apply()
    close(house, "audit")
    house.naive.run("delete_stack_instances", house.naive.unit("Security"), RetainStacks=False)
    assert house.naive.statuses()["audit"][0] == "INOPERABLE"
    delete = house.naive.cloudformation.delete_stack_set
    assert refused(delete, StackSetName=house.naive.name)[0] == "StackSetNotEmptyException"

    destroyed = await house.destroy()
    assert (destroyed.failures, destroyed.left) == ((), ())
    code, _ = refused(house.ours.cloudformation.describe_stack_set, StackSetName=house.ours.name)
    assert code == "StackSetNotFoundException"


async def test_pitfall_09_instances_of_suspended_accounts_have_no_stack(start_house: StartHouse) -> None:
    """ansible community.aws PR#2359: SKIPPED_SUSPENDED_ACCOUNT stays OUTDATED and omits StackId."""
    accounts: list[Any] = ["audit", {"name": "asleep", "state": "SUSPENDED"}]
    house = start_house(
        Scenario.model_validate({"organization": {"seed": 9, "units": [{"name": "A", "accounts": accounts}]}})
    )
    applied = await house.apply()
    instance = house.ours.instances()[house.account("asleep")]
    assert (instance["Status"], "StackId" in instance) == ("OUTDATED", False)  # a KeyError, or a retry for ever

    assert applied.failures == ()
    seen = await house.plan()
    assert seen.plan.changes == ()
    rows = {row.account.account.name: row for row in seen.rows()}
    assert (rows["asleep"].deployment, rows["asleep"].verdict) == (Deployed.SKIPPED, "excluded")


async def test_pitfall_10_status_has_given_way_to_state(house: House) -> None:
    """ADF PR#815: `Status` retired on 2026-09-09; a filter on it finds nobody."""
    listed = house.sandbox.client("organizations").get_paginator("list_accounts").paginate()
    accounts = [account for page in listed for account in page["Accounts"]]
    assert [account for account in accounts if account.get("Status") == "ACTIVE"] == []

    seen = await house.plan()
    assert sum(row.account.is_target for row in seen.rows()) == len(accounts) == 12


async def test_pitfall_11_an_empty_page_is_not_the_end_and_absence_no_removal(start_house: StartHouse) -> None:
    """CT#229, TF#47721: who infers removals from a lookup with a gap deletes everything."""
    units = [{"name": "A", "accounts": ["one", "two", "three", "four"]}]
    scenario = {"organization": {"seed": 11, "units": units}, "switches": {"empty_pages": True}}
    house = start_house(Scenario.model_validate(scenario))
    await house.apply()
    first_page = house.sandbox.client("organizations").list_accounts()["Accounts"]
    gone = house.ours.instances().keys() - {account["Id"] for account in first_page}
    assert len(gone) == 4  # all of them, says who reads on only while there are accounts

    assert (await house.plan()).plan.changes == ()


async def test_pitfall_11_an_account_that_is_missing_from_the_list_is_never_just_deleted(house: House) -> None:
    """As it looks while AWS tells only a part: the stack instance is there, the account is not."""
    wanted = house.config()
    await house.apply(wanted)
    async with house.ports(wanted) as ports:
        seen = await look(wanted, replace(ports, organizations=Forgetful(ports.organizations, house.account("audit"))))
    assert house.account("audit") in house.ours.instances()
    assert {change.action for change in seen.plan.changes if change.account == house.account("audit")} <= {
        Action.BLOCKED
    }


class Forgetful:
    """The real organization, less an account."""

    def __init__(self, organizations: Organizations, forgotten: AccountId) -> None:
        self._organizations, self._forgotten = organizations, forgotten

    async def accounts(self) -> AsyncIterator[Account]:
        async for account in self._organizations.accounts():
            if account.id != self._forgotten:
                yield account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._organizations, name)


async def test_pitfall_13_the_organization_is_listed_once_and_nothing_asked_account_by_account(
    start_house: StartHouse,
) -> None:
    """ADF#783, botocove#35: AWS's rates on, a call an account is throttled; a snapshot is not."""
    units = [{"name": "A", "accounts": [f"account-{number:03}" for number in range(60)]}]
    scenario = {"organization": {"seed": 13, "units": units}, "switches": {"quotas": "aws"}}
    house = start_house(Scenario.model_validate(scenario))
    organizations = house.sandbox.client("organizations")
    go_on = house.sandbox.hold_rates()
    answers: list[str] = []
    for number in range(60):
        try:
            organizations.list_parents(ChildId=house.account(f"account-{number:03}"))
        except ClientError as error:
            answers.append(error.response["Error"]["Code"])
    assert "TooManyRequestsException" in answers
    go_on()

    assert (await house.apply()).well
    assert {row.verdict for row in (await house.check()).values()} == {"ready"}
