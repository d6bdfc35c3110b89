"""An organization of made-up accounts as AWS tells it, a page at a time, with every call counted. No I/O.

Pages are as long as AWS makes them, and no parameter is checked but those that a plan gives.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackInstances.html
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rolecall.core.observed import StackContent

Json = dict[str, Any]

ORGANIZATION, ROOT, MANAGEMENT, REGION = "o-exampleorg", "r-ab12", "100000000000", "us-east-1"
CALLER = f"arn:aws:iam::{MANAGEMENT}:user/bench"
PAGE_OF_ORGANIZATIONS = 20
PAGE_OF_STACK_SETS = 100
CHILDREN = 25
"""Units under each unit that has any, and under the root: two pages of them."""


class Missing(Exception):
    """What was asked for is not there; `code` is AWS's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a stack set and the management account's stack are made of, in every account."""

    stack_set: StackContent
    stack: StackContent


@dataclass
class Estate:
    """`accounts` with the management account, spread over the units that have none below. Nothing `deployed`: None.

    Without any accounts there is no organization.
    """

    accounts: int
    units: int
    deployed: Deployed | None = None
    calls: Counter[str] = field(default_factory=Counter)

    def answer(self, operation: str, parameters: Mapping[str, Any]) -> Json:
        """Raises Missing, also for an operation that neither a plan nor a roll call needs."""
        self.calls[operation] += 1
        if operation not in self.operations:
            raise Missing("InvalidAction", f"Could not find operation {operation}")
        if not self.accounts and operation != "GetCallerIdentity":
            raise Missing("AccessDeniedException", "The caller's account is in no organization.")
        return self.operations[operation](parameters)

    @cached_property
    def operations(self) -> Mapping[str, Callable[[Mapping[str, Any]], Json]]:
        return {
            "GetCallerIdentity": lambda _: {"Arn": CALLER, "UserId": "AIDAEXAMPLE", "Account": MANAGEMENT},
            "DescribeOrganization": lambda _: {"Organization": _organization()},
            "DescribeOrganizationsAccess": lambda _: {"Status": "ENABLED"},
            "ListAccounts": lambda asked: _page("Accounts", self._listed, asked, PAGE_OF_ORGANIZATIONS),
            "ListOrganizationalUnitsForParent": self._units_under,
            "ListRoots": lambda _: {"Roots": [{"Id": ROOT, "Name": "Root"}]},
            "ListStackInstances": lambda asked: _page("Summaries", self._instances, asked, PAGE_OF_STACK_SETS),
            "DescribeStackSet": self._stack_set,
            "DescribeStacks": self._stack,
            "GetTemplate": lambda _: {"TemplateBody": self._there("ValidationError").stack.template},
            "GetRole": self._role,
            "ListStackSets": lambda _: {"Summaries": []},
            "ListStackSetOperations": lambda _: {"Summaries": []},
            "ListPolicies": lambda _: {"Policies": []},
        }

    @cached_property
    def places(self) -> Sequence[tuple[str, ...]]:
        """The units over each account, from the root down."""
        paths: list[tuple[str, ...]] = [(ROOT,)]
        for number in range(self.units):
            paths.append((*paths[number // CHILDREN], _unit_id(number)))
        leaves = paths[1 + (self.units - 1) // CHILDREN :] if self.units else paths
        return [(ROOT,), *(leaves[number % len(leaves)] for number in range(self.accounts - 1))]

    @cached_property
    def _listed(self) -> list[Json]:
        return [_account(number, place) for number, place in enumerate(self.places)]

    @cached_property
    def _instances(self) -> list[Json]:
        return [_instance(account) for account in self._listed[1:]]

    @cached_property
    def _children(self) -> Mapping[str, list[Json]]:
        found: dict[str, list[Json]] = defaultdict(list)
        for number in range(self.units):
            parent = _unit_id(number // CHILDREN - 1) if number >= CHILDREN else ROOT
            found[parent].append({"Id": _unit_id(number), "Name": f"Unit{number:04}"})
        return found

    @property
    def pages_of_units(self) -> int:
        """Calls that the units' names cost: a page at least for the root, and for each unit that has some below."""
        lists = [self._children.get(ROOT, []), *(units for parent, units in self._children.items() if parent != ROOT)]
        return sum(max(1, math.ceil(len(units) / PAGE_OF_ORGANIZATIONS)) for units in lists)

    def _units_under(self, asked: Mapping[str, Any]) -> Json:
        children = self._children.get(asked["ParentId"], [])
        return _page("OrganizationalUnits", children, asked, PAGE_OF_ORGANIZATIONS)

    def _there(self, code: str) -> Deployed:
        if self.deployed is None:
            raise Missing(code, "it does not exist")
        return self.deployed

    def _stack_set(self, asked: Mapping[str, Any]) -> Json:
        content = self._there("StackSetNotFoundException").stack_set
        told = {
            "StackSetName": asked["StackSetName"],
            "StackSetId": f"{asked['StackSetName']}:1",
            "Status": "ACTIVE",
            "PermissionModel": "SERVICE_MANAGED",
            "OrganizationalUnitIds": [ROOT],
            "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
            "TemplateBody": content.template,
            **_parameters_and_tags(content),
        }
        return {"StackSet": told}

    def _stack(self, asked: Mapping[str, Any]) -> Json:
        content = self._there("ValidationError").stack
        told = {"StackName": asked["StackName"], "StackStatus": "CREATE_COMPLETE", **_parameters_and_tags(content)}
        return {"Stacks": [told]}

    def _role(self, asked: Mapping[str, Any]) -> Json:
        raise Missing("NoSuchEntity", f"The role with name {asked['RoleName']} cannot be found.")


def _organization() -> Json:
    arn = f"arn:aws:organizations::{MANAGEMENT}:organization/{ORGANIZATION}"
    return {"Id": ORGANIZATION, "Arn": arn, "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}


def _unit_id(number: int) -> str:
    return f"ou-ab12-{number:08}"


def _account(number: int, place: Sequence[str]) -> Json:
    account = f"{int(MANAGEMENT) + number}"
    path = "/".join([ORGANIZATION, *place, account, ""])
    return {
        "Id": account,
        "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION}/{account}",
        "Email": f"account-{number:05}@example.com",
        "Name": f"account-{number:05}",
        "State": "ACTIVE",
        "Paths": [path],
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 1_735_689_600.0,
    }


def _instance(account: Json) -> Json:
    return {
        "Account": account["Id"],
        "Region": REGION,
        "Status": "CURRENT",
        "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED"},
        "OrganizationalUnitId": ROOT,
        "StackId": f"arn:aws:cloudformation:{REGION}:{account['Id']}:stack/StackSet-rolecall-{account['Id']}/1",
        "DriftStatus": "NOT_CHECKED",
    }


def _parameters_and_tags(content: StackContent) -> Json:
    return {
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in content.parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in content.tags.items()],
    }


def _page(items: str, whole: Sequence[Json], asked: Mapping[str, Any], longest: int) -> Json:
    start = int(asked.get("NextToken") or 0)
    end = start + min(int(asked.get("MaxResults") or longest), longest)
    return {items: list(whole[start:end]), **({"NextToken": str(end)} if end < len(whole) else {})}
