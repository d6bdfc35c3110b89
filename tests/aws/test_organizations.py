"""What the sandbox does not vary: Organizations' answers as a scripted client gives them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rolecall.aws.client import Client
from rolecall.aws.organizations import AwsOrganizations
from rolecall.core.organization import Account, AccountState

ROOT, PROD, PAYMENTS = "r-ab12", "ou-ab12-prodprod", "ou-ab12-payments"


class Scripted(Client):
    """Answers from pages by operation and parent, and keeps what it was asked."""

    def __init__(self, pages: dict[str, list[dict[str, Any]]]) -> None:
        self._answers = {name: list(answers) for name, answers in pages.items()}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.asked.append((operation, dict(parameters)))
        return self._answers[operation + parameters.get("ParentId", "")].pop(0)


def told(number: int, **fields: Any) -> dict[str, Any]:
    return {"Id": f"{number:012}", "Name": f"a{number}", "State": "ACTIVE", "Email": "a@example.com"} | fields


async def listed(accounts: AsyncIterator[Account]) -> list[Account]:
    return [account async for account in accounts]


@pytest.mark.parametrize(
    ("path", "units"),
    [
        (f"o-exampleorg/{ROOT}/000000000001/", (ROOT,)),
        (f"o-exampleorg/{ROOT}/{PROD}/{PAYMENTS}/000000000001/", (ROOT, PROD, PAYMENTS)),
    ],
)
async def test_a_path_is_taken_apart_into_root_and_units(path: str, units: tuple[str, ...]) -> None:
    client = Scripted({"ListAccounts": [{"Accounts": [told(1, Paths=[path])]}]})
    (account,) = await listed(AwsOrganizations(client).accounts())
    assert account.unit_ids == units
    assert [operation for operation, _ in client.asked] == ["ListAccounts"]


async def test_an_empty_page_with_a_token_is_not_the_end() -> None:
    path = f"o-exampleorg/{ROOT}/000000000001/"
    pages: list[dict[str, Any]] = [
        {"Accounts": [], "NextToken": "one"},
        {"Accounts": [told(1, Paths=[path])], "NextToken": "two"},
        {"NextToken": "three"},
        {"Accounts": [told(2, Paths=[path])]},
    ]
    client = Scripted({"ListAccounts": pages})
    assert [account.name for account in await listed(AwsOrganizations(client).accounts())] == ["a1", "a2"]
    tokens = [parameters.get("NextToken") for _, parameters in client.asked]
    assert tokens == [None, "one", "two", "three"]


async def test_without_paths_the_units_are_walked_once_for_all_accounts() -> None:
    client = Scripted(
        {
            "ListAccounts": [{"Accounts": [told(1), told(2)], "NextToken": "more"}, {"Accounts": [told(3), told(4)]}],
            "ListRoots": [{"Roots": [{"Id": ROOT, "Name": "Root"}]}],
            f"ListAccountsForParent{ROOT}": [{"Accounts": [told(1)]}],
            f"ListOrganizationalUnitsForParent{ROOT}": [{"OrganizationalUnits": [{"Id": PROD, "Name": "Prod"}]}],
            f"ListAccountsForParent{PROD}": [{"Accounts": [], "NextToken": "x"}, {"Accounts": [told(2), told(3)]}],
            f"ListOrganizationalUnitsForParent{PROD}": [{"OrganizationalUnits": []}],
        }
    )
    accounts = await listed(AwsOrganizations(client).accounts())
    assert [account.unit_ids for account in accounts] == [(ROOT,), (ROOT, PROD), (ROOT, PROD), ()]
    assert [operation for operation, _ in client.asked].count("ListRoots") == 1


async def test_an_older_endpoint_gives_the_state_as_status() -> None:
    account = told(1, Paths=[f"o-exampleorg/{ROOT}/000000000001/"], Status="PENDING_CLOSURE")
    del account["State"]
    client = Scripted({"ListAccounts": [{"Accounts": [account]}]})
    (found,) = await listed(AwsOrganizations(client).accounts())
    assert found.state is AccountState.PENDING_CLOSURE


async def test_the_state_counts_where_state_and_status_differ() -> None:
    account = told(1, Paths=[f"o-exampleorg/{ROOT}/000000000001/"], State="CLOSED", Status="SUSPENDED")
    client = Scripted({"ListAccounts": [{"Accounts": [account]}]})
    (found,) = await listed(AwsOrganizations(client).accounts())
    assert found.state is AccountState.CLOSED


async def test_the_partition_is_that_of_the_organizations_arn() -> None:
    arn = "arn:aws-us-gov:organizations::100000000000:organization/o-exampleorg"
    answer = {"Organization": {"Id": "o-exampleorg", "MasterAccountId": "100000000000", "Arn": arn}}
    client = Scripted({"DescribeOrganization": [answer]})
    assert (await AwsOrganizations(client).identity()).partition == "aws-us-gov"


def policies_of(effect: str) -> Scripted:
    """AWS's own policy, on 500 accounts, and one of the organization's, on its root."""
    own = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "ec2:*", "Resource": "*"}})
    full = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    pages = [{"Targets": [{"TargetId": f"{number:012}"}], "NextToken": "more"} for number in range(24)]
    return Scripted(
        {
            "ListPolicies": [
                {
                    "Policies": [
                        {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "AwsManaged": True},
                        {"Id": "p-own", "Name": "Own", "AwsManaged": False},
                    ]
                }
            ],
            "DescribePolicy": [{"Policy": {"Content": own}}, {"Policy": {"Content": full}}],
            "ListTargetsForPolicy": [{"Targets": [{"TargetId": ROOT}]}, *pages, {"Targets": []}],
        }
    )


@pytest.mark.parametrize(("effect", "pages"), [("Deny", 1), ("Allow", 26)])
async def test_where_the_policy_that_allows_everything_is_attached_is_asked_only_where_that_matters(
    effect: str, pages: int
) -> None:
    client = policies_of(effect)
    own, full = await AwsOrganizations(client).control_policies()
    assert [operation for operation, _ in client.asked].count("ListTargetsForPolicy") == pages
    assert (own.name, own.covers(ROOT), own.covers(PROD)) == ("Own", True, False)
    assert (full.name, full.covers(PROD)) == ("FullAWSAccess", effect == "Deny")
