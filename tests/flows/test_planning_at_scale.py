"""Planning for 10,000 accounts under 2,000 units: as few calls as AWS's pages allow, and work in proportion to both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.estate import Deployed, Estate
from rolecall.aws.organizations import AwsOrganizations
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.aws.stacks import AwsStacks
from rolecall.core.config import Config
from rolecall.core.desired import desire
from rolecall.core.plan import Action
from rolecall.flows.discover import discover
from rolecall.flows.look import Seen, look
from rolecall.ports import Ports
from tests.fakes.cloud import FakeCloud, config
from tests.fakes.counted_client import CountedClient

ALONE: dict[str, Any] = {"platforms": []}


def ports(estate: Estate) -> Ports:
    client = CountedClient(estate)
    return replace(
        FakeCloud().ports(),
        organizations=AwsOrganizations(client),
        stack_sets=AwsStackSets(client, Preferences()),
        stacks=AwsStacks(client),
        platforms=(),
        regions=("us-east-1",),
    )


async def deployed(wanted: Config, accounts: int, units: int) -> Estate:
    """With everything in it as the config wants it, and no call counted yet."""
    estate = Estate(accounts, units)
    organization, unit_ids = await discover(wanted, AwsOrganizations(CountedClient(estate)))
    desired = desire(wanted, organization, unit_ids)
    return Estate(accounts, units, Deployed(desired.content, desired.management_content))


async def planned(wanted: Config, estate: Estate) -> Seen:
    return await look(wanted, ports(estate))


async def test_ten_thousand_accounts_that_have_the_role_are_as_few_calls_as_pages_allow() -> None:
    wanted = config(**ALONE)
    estate = await deployed(wanted, accounts=10_000, units=2_000)
    seen = await planned(wanted, estate)
    assert seen.plan.changes == ()
    assert len(seen.rows()) == 10_000
    assert estate.calls == {
        "DescribeOrganization": 1,
        "ListAccounts": 500,  # twenty a page
        "ListOrganizationalUnitsForParent": 160,  # 80 parents of 25 units, twenty a page: 1,921 leaves are not asked
        "DescribeOrganizationsAccess": 1,
        "DescribeStackSet": 1,
        "ListStackSetOperations": 1,  # of which only the newest is read
        "ListStackInstances": 100,  # a hundred a page: 9,999 of them
        "DescribeStacks": 1,
        "GetTemplate": 1,
        "GetCallerIdentity": 1,  # whether the management account's stack would land in the right account
    }


async def test_a_first_plan_adds_what_it_takes_to_foretell_and_nothing_an_account() -> None:
    wanted = config(**ALONE)
    estate = Estate(10_000, 2_000)
    seen = await planned(wanted, estate)
    assert len(seen.plan.of(Action.CREATE_INSTANCE)) == 9_999
    assert estate.calls == {
        "DescribeOrganization": 1,
        "ListAccounts": 500,
        "ListOrganizationalUnitsForParent": 160,
        "DescribeOrganizationsAccess": 1,
        "DescribeStackSet": 1,
        "DescribeStacks": 1,
        "GetCallerIdentity": 1,
        "ListStackSets": 1,  # a Region; of those that are found each is read
        "ListPolicies": 1,  # and two a policy
    }


@pytest.mark.parametrize(("target", "calls"), [("/", 4), ("ou-ab12-00000030", 4), ("/Unit0000/Unit0025", 4)])
async def test_a_target_that_is_on_an_accounts_path_costs_no_call(target: str, calls: int) -> None:
    estate = Estate(100, 50)
    await discover(config(targets={"organizational_units": [target]}), AwsOrganizations(CountedClient(estate)))
    assert estate.calls["ListOrganizationalUnitsForParent"] == calls  # the root's 25 units, Unit0000's 25
