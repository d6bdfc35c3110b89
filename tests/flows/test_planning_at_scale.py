"""A plan of ten thousand accounts in two thousand units: how many calls it makes, and how its work grows."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from rolecall.aws.client import Client
from rolecall.aws.organizations import AwsOrganizations
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.core.diff import diff
from rolecall.core.ids import AccountId
from rolecall.core.plan import Action
from rolecall.core.verdicts import rows
from rolecall.flows.look import look
from rolecall.ports import Ports
from tests.fakes.cloud import STACK_SET, FakeCloud, config

ACCOUNTS, WIDE, DEEP = 10_000, 40, 49
"""Forty units with forty-nine below each: two thousand in all."""
MANAGEMENT = "100000000000"
ROOT = "r-ab12"


class Counted(Client):
    """AWS's answers from memory, in pages of AWS's sizes, counted."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.places: dict[str, list[dict[str, Any]]] = {ROOT: [unit(f"ou-ab12-{number:08}") for number in range(WIDE)]}
        for number in range(WIDE):
            below = [unit(f"ou-ab12-{number:04}{deep:04}x") for deep in range(DEEP)]
            self.places[f"ou-ab12-{number:08}"] = below
        self.accounts = [self._account(number) for number in range(ACCOUNTS)]
        self.instances: list[dict[str, Any]] = []
        self.stack_set: dict[str, Any] = {}

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.calls[operation] += 1
        return getattr(self, operation)(**parameters)  # type: ignore[no-any-return]

    async def account(self) -> AccountId:
        return AccountId(MANAGEMENT)

    def DescribeOrganization(self) -> Any:  # noqa: N802  # the API's name
        arn = f"arn:aws:organizations::{MANAGEMENT}:organization/o-exampleorg"
        return {"Organization": {"Id": "o-exampleorg", "MasterAccountId": MANAGEMENT, "Arn": arn}}

    def ListAccounts(self, NextToken: str = "0") -> Any:  # noqa: N802, N803
        return page("Accounts", self.accounts, NextToken, 20)

    def ListOrganizationalUnitsForParent(self, ParentId: str, NextToken: str = "0") -> Any:  # noqa: N802, N803
        return page("OrganizationalUnits", self.places.get(ParentId, []), NextToken, 20)

    def DescribeOrganizationsAccess(self, **_: Any) -> Any:  # noqa: N802
        return {"Status": "ENABLED"}

    def DescribeStackSet(self, **_: Any) -> Any:  # noqa: N802
        return {"StackSet": self.stack_set}

    def ListStackSetOperations(self, **_: Any) -> Any:  # noqa: N802
        return {"Summaries": []}

    def ListStackInstances(self, NextToken: str = "0", **_: Any) -> Any:  # noqa: N802, N803
        return page("Summaries", self.instances, NextToken, 100)

    def _account(self, number: int) -> dict[str, Any]:
        if number == 0:
            place = ""
        else:
            wide, deep = number % WIDE, number % DEEP
            place = f"ou-ab12-{wide:08}/ou-ab12-{wide:04}{deep:04}x/"
        account = f"{100_000_000_000 + number}"
        return {
            "Id": account, "Name": f"account-{number}", "State": "ACTIVE",
            "Paths": [f"o-exampleorg/{ROOT}/{place}{account}/"],
        }  # fmt: skip


def unit(unit_id: str) -> dict[str, Any]:
    return {"Id": unit_id, "Name": f"Unit {unit_id}"}


def page(items: str, found: list[dict[str, Any]], token: str, size: int) -> dict[str, Any]:
    start = int(token)
    answer: dict[str, Any] = {items: found[start : start + size]}
    if start + size < len(found):
        answer["NextToken"] = str(start + size)
    return answer


@pytest.fixture
def aws() -> Counted:
    return Counted()


@pytest.fixture
def ports(aws: Counted) -> Ports:
    cloud = FakeCloud()
    stack_sets = AwsStackSets(aws, Preferences())
    return replace(cloud.ports(), organizations=AwsOrganizations(aws), stack_sets=stack_sets, platforms=())


async def deployed(aws: Counted, ports: Ports) -> None:
    """The stack set as the config wants it, with an instance in every account but the management account and ten."""
    wanted = config(platforms=[], targets={"management_account": False})
    seen = await look(wanted, replace(ports, stack_sets=FakeCloud().stack_sets), preflight=False)
    content = seen.desired.content
    aws.stack_set = {
        "StackSetName": STACK_SET, "StackSetId": f"{STACK_SET}:1", "PermissionModel": "SERVICE_MANAGED",
        "TemplateBody": content.template, "OrganizationalUnitIds": [ROOT], "Regions": ["us-east-1"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in content.parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in content.tags.items()],
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
    }  # fmt: skip
    aws.instances = [
        {
            "Account": account["Id"], "Region": "us-east-1", "Status": "CURRENT", "OrganizationalUnitId": ROOT,
            "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED"}, "StackId": f"stack/{account['Id']}",
        }
        for account in aws.accounts[1:-10]
    ]  # fmt: skip
    aws.calls.clear()


async def test_a_plan_makes_as_many_calls_as_paging_asks_for(aws: Counted, ports: Ports) -> None:
    await deployed(aws, ports)
    seen = await look(config(platforms=[], targets={"management_account": False}), ports, preflight=False)
    assert [change.action for change in seen.plan.changes] == [Action.CREATE_INSTANCE] * 10
    parents = [ROOT, *(f"ou-ab12-{number:08}" for number in range(WIDE))]
    assert aws.calls == {
        "DescribeOrganization": 1,
        "ListAccounts": ACCOUNTS / 20,
        "ListOrganizationalUnitsForParent": sum(math.ceil(len(aws.places[parent]) / 20) for parent in parents),
        "DescribeOrganizationsAccess": 1,
        "DescribeStackSet": 1,
        "ListStackSetOperations": 1,
        "ListStackInstances": math.ceil(len(aws.instances) / 100),
    }


class Looked(dict[Any, Any]):
    """A mapping that counts how often it is gone through as a whole."""

    walks = 0

    def values(self) -> Any:
        Looked.walks += 1
        return super().values()

    def items(self) -> Any:
        Looked.walks += 1
        return super().items()


async def test_the_accounts_are_gone_through_a_fixed_number_of_times(aws: Counted, ports: Ports) -> None:
    """However many there are: nothing walks all accounts for each account."""
    await deployed(aws, ports)
    wanted = config(platforms=[], targets={"management_account": False})
    walks = []
    for size in (100, 10_000):
        aws.accounts, aws.instances = aws.accounts[:size], aws.instances[: size - 11]
        aws.accounts = [aws._account(number) for number in range(size)]
        seen = await look(wanted, ports, preflight=False)
        desired = replace(seen.desired, accounts=Looked(seen.desired.accounts))
        Looked.walks = 0
        changes = diff(desired, seen.observed)
        rows(desired, seen.observed, changes, {})
        walks.append(Looked.walks)
    assert walks[0] == walks[1] < 40
