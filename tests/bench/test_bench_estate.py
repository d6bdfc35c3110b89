"""The estate's answers are read by botocore and rolecall's adapters as AWS's are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import boto3
import pytest
from aiohttp import web

from bench.estate import MANAGEMENT, REGION, ROOT, Deployed, Estate
from bench.estate_server import Server
from rolecall.aws.client import Client
from rolecall.aws.organizations import AwsOrganizations
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.aws.stacks import AwsStacks
from rolecall.core.observed import InstanceStatus, StackContent
from rolecall.core.organization import AccountState

CONTENT = StackContent("Resources: {a: '<&>'}\n", {"RoleName": "R"}, {"managed-by": "rolecall"})


@pytest.fixture
async def url() -> AsyncIterator[str]:
    estate = Estate(accounts=120, units=30, deployed=Deployed(CONTENT, CONTENT))
    runner = web.AppRunner(Server(estate).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def session(url: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return boto3.Session(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example", region_name=REGION)


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


async def test_where_nothing_is_deployed_nothing_is_found(url: str, session: boto3.Session) -> None:
    runner = web.AppRunner(Server(Estate(2, 0)).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    empty = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", empty)
        client = Client(session, "cloudformation")
    assert await AwsStackSets(client, Preferences()).describe("rolecall-R") is None
    assert await AwsStacks(client).describe("rolecall-R") is None
    await runner.cleanup()
