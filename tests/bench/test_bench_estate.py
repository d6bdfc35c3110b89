"""The estate's answers are read by botocore and rolecall's adapters as AWS's are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import boto3
import pytest

from bench.estate import MANAGEMENT, ORGANIZATION, REGION, ROOT, Deployed, Estate
from bench.stub import Stub
from bench.wire import listening
from rolecall.aws.client import Client
from rolecall.aws.organizations import AwsOrganizations
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.aws.stacks import AwsStacks
from rolecall.core.observed import InstanceStatus, StackContent
from rolecall.core.organization import AccountState
from tests.bench.conftest import KEYS, Boto

CONTENT = StackContent("Resources: {a: '<&>'}\n", {"RoleName": "R"}, {"managed-by": "rolecall"})


@pytest.fixture
async def url() -> AsyncIterator[str]:
    estate = Estate(accounts=120, units=30, deployed=Deployed(CONTENT, CONTENT))
    async with listening(Stub(estate).answer) as url:
        yield url


@pytest.fixture
def session(url: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return boto3.Session(region_name=REGION, **KEYS)


async def test_the_organization_is_read_whole(session: boto3.Session) -> None:
    organizations = AwsOrganizations(Client(session, "organizations"))
    assert (await organizations.identity()).management_account == MANAGEMENT
    accounts = [account async for account in organizations.accounts()]
    assert len({account.id for account in accounts}) == 120
    assert {account.state for account in accounts} == {AccountState.ACTIVE}
    (root,) = await organizations.roots()
    units = await organizations.units_under(root.id)
    below = [unit for parent in units for unit in await organizations.units_under(parent.id)]
    assert (len(units), len(below)) == (25, 5)
    leaves = {unit.id for unit in (*units, *below)} - {unit.parent_id for unit in below}
    assert {account.unit_ids[-1] for account in accounts} == {ROOT, *leaves}


async def test_the_deployment_is_read_whole(session: boto3.Session) -> None:
    client = Client(session, "cloudformation")
    stack_sets = AwsStackSets(client, Preferences())
    assert await stack_sets.trusted_access()
    found = await stack_sets.describe("rolecall-R")
    assert found is not None
    assert (found.content, found.unit_ids, found.auto_deployment.enabled) == (CONTENT, (ROOT,), True)
    instances = [instance async for instance in stack_sets.instances("rolecall-R")]
    assert len(instances) == 119
    assert {(one.status, one.detailed_status) for one in instances} == {(InstanceStatus.CURRENT, "SUCCEEDED")}
    assert [operation async for operation in stack_sets.operations("rolecall-R")] == []
    stack = await AwsStacks(client).describe("rolecall-R")
    assert stack is not None
    assert (stack.good, stack.content) == (True, CONTENT)


async def test_botocore_reads_all_that_is_told_of_an_account(url: str, boto: Boto) -> None:
    page = await boto(url, "organizations", "list_accounts")
    assert len(page["Accounts"]) == 20
    last = page["Accounts"][-1]
    assert (last["Id"], last["Email"], last["State"]) == ("100000000019", "account-00019@example.com", "ACTIVE")
    assert last["Paths"][0].startswith(f"{ORGANIZATION}/{ROOT}/ou-")
    assert last["JoinedTimestamp"].year == 2025


async def test_where_nothing_is_deployed_nothing_is_found(session: boto3.Session) -> None:
    async with listening(Stub(Estate(2, 0)).answer) as empty:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", empty)
            client = Client(session, "cloudformation")
        assert await AwsStackSets(client, Preferences()).describe("rolecall-R") is None
        assert await AwsStacks(client).describe("rolecall-R") is None


def test_the_names_of_units_cost_a_page_for_each_unit_that_has_some_below() -> None:
    assert [Estate(100, units).pages_of_units for units in (0, 20, 25, 26, 50)] == [1, 1, 2, 3, 4]
