"""The stub refuses what is over AWS's rates as AWS does, and the floor is what those rates allow at best."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from bench.estate import Estate
from bench.quotas import Quotas, floors
from bench.stub import Stub
from bench.wire import listening
from tests.bench.conftest import Boto


def granted(quotas: Quotas, operation: str, calls: int, now: float = 0) -> int:
    return sum(quotas.grants(operation, now) for _ in range(calls))


@pytest.mark.parametrize(
    ("operation", "burst", "a_second"),
    [
        ("ListAccounts", 12, 8),
        ("ListOrganizationalUnitsForParent", 8, 5),
        ("DescribeOrganization", 2, 1),
        ("ListRoots", 2, 1),
        ("ListStackInstances", 2, 2),
        ("DescribeStackSet", 2, 2),
        ("DescribeStacks", 10, 10),
        ("AssumeRole", 600, 600),
    ],
)
def test_a_burst_is_granted_and_then_the_rate(operation: str, burst: int, a_second: int) -> None:
    quotas = Quotas()
    assert granted(quotas, operation, 700) == burst
    assert granted(quotas, operation, 700, now=1) == a_second
    assert granted(quotas, operation, 700, now=1000) == burst


def test_sts_has_one_bucket_and_the_others_one_each() -> None:
    quotas = Quotas()
    assert granted(quotas, "AssumeRole", 400) + granted(quotas, "GetCallerIdentity", 400) == 600
    assert granted(quotas, "DescribeStackSet", 9) + granted(quotas, "ListStackInstances", 9) == 4


def test_simulations_have_a_rate_only_when_given_one() -> None:
    assert granted(Quotas(), "SimulatePrincipalPolicy", 5000) == 5000
    assert granted(Quotas(simulations=30), "SimulatePrincipalPolicy", 5000) == 30


@pytest.mark.parametrize(
    ("service", "operation", "calls", "code"),
    [
        ("organizations", "describe_organization", 3, "TooManyRequestsException"),
        ("cloudformation", "describe_organizations_access", 3, "Throttling"),
    ],
)
async def test_what_comes_too_fast_is_refused_and_counted(
    boto: Boto, service: str, operation: str, calls: int, code: str
) -> None:
    stub = Stub(Estate(1, 0), quotas=Quotas(), now=lambda: 0)  # however long the calls take, none is granted meanwhile
    async with listening(stub.answer) as url:
        for _ in range(calls - 1):
            await boto(url, service, operation)
        with pytest.raises(ClientError) as caught:
            await boto(url, service, operation)
    error = caught.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, 400)
    assert list(stub.throttled.values()) == [1]
    assert list(stub.calls.values()) == [calls]


def test_the_floor_of_ten_thousand_accounts_is_the_listing() -> None:
    assert floors(10_000, 16) == {
        "ListAccounts": 62.5,
        "ListOrganizationalUnitsForParent": 3.2,
        "ListStackInstances": 50,
        "AssumeRole": 50,
    }
