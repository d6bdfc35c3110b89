"""The world that engines share, the identities in it, and signatures, without HTTP."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from rolecall.sandbox.builder import BuiltWorld, build
from rolecall.sandbox.scenario import load_scenario, parse_scenario
from rolecall.sandbox.signature import Claim, read_claim, verify
from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.sts import role_session
from rolecall.sandbox.wire import WireError
from rolecall.sandbox.world import World

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLATFORM = "111111111111"


class FakeNow:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def now() -> FakeNow:
    return FakeNow()


@pytest.fixture
def built(now: FakeNow) -> BuiltWorld:
    return build(load_scenario("demo"), now=now)


@pytest.fixture
def world(built: BuiltWorld) -> World:
    return built.world


def account_id(world: World, name: str) -> str:
    return next(account.id for account in world.accounts() if account.name == name)


def unit_id(world: World, name: str) -> str:
    return next(unit.id for unit in world.organization.units.values() if unit.name == name)


async def test_speed_scales_what_is_slept(now: FakeNow) -> None:
    async def is_over(speed: float, seconds: float) -> bool:
        world = build(load_scenario("clean"), speed=speed, now=now).world
        sleeping = asyncio.create_task(world.sleep(0.4))
        await world.clock.advance(seconds)
        over = sleeping.done()
        sleeping.cancel()
        world.clock.close()
        return over

    assert await is_over(speed=0, seconds=0)
    assert [await is_over(speed=10, seconds=seconds) for seconds in (0.039, 0.041)] == [False, True]


def test_accounts_under_a_unit_are_those_of_the_units_below_too(world: World) -> None:
    workloads = {account.name for account in world.accounts_under(unit_id(world, "Workloads"))}
    assert {"storefront-prod", "payments-ledger-prod", "delivery-dev"} <= workloads
    assert "audit" not in workloads
    assert len(world.accounts_under(world.organization.root_id)) == len(world.accounts())


def test_a_moved_account_is_found_where_it_went(world: World) -> None:
    audit = account_id(world, "audit")
    world.organization.move_account(audit, unit_id(world, "Restricted"))
    assert audit in {account.id for account in world.accounts_under(unit_id(world, "Corporate"))}
    assert audit not in {account.id for account in world.accounts_under(unit_id(world, "Security"))}
    account = world.account(audit)
    assert account is not None
    assert account.unit_path[-1] == unit_id(world, "Restricted")


def test_scps_come_in_levels_from_the_root_to_the_account(world: World) -> None:
    levels = world.scp_levels(account_id(world, "locked-down"))
    assert levels is not None
    names = [[policy.source.split()[1] for policy in level] for level in levels]
    full = "FullAWSAccess"
    assert names == [[full, "DenyLeavingOrganization"], [full], [full, "DenySnapshots"], [full]]


def test_no_scp_reaches_the_management_account_or_an_outsider(world: World) -> None:
    assert world.scp_levels(world.management_account()) is None
    assert world.scp_levels(PLATFORM) is None


def test_a_stored_trust_that_is_no_policy_trusts_nobody(world: World) -> None:
    world.store.create_role(PLATFORM, "Broken", "not json")
    role = world.store.role(PLATFORM, "Broken")
    assert role is not None
    assert world.trust_policy(role) is None


def test_the_platforms_role_may_assume_response_roles_only(world: World) -> None:
    role = world.store.role(PLATFORM, "CadoResponsePlatform")
    assert role is not None
    (policy,) = role.policies
    assert json.loads(policy.document)["Statement"][0]["Resource"] == "arn:aws:iam::*:role/*CadoResponse*"


def test_a_session_ends_when_its_time_is_over(built: BuiltWorld, now: FakeNow) -> None:
    role = built.world.store.role(PLATFORM, "CadoResponsePlatform")
    assert role is not None
    session = built.identities.mint(role_session(role, "s"), 900)
    now.at = NOON + timedelta(seconds=899)
    assert built.identities.identify(session.access_key_id, session.token).caller.session_name == "s"
    now.at = NOON + timedelta(seconds=900)
    with pytest.raises(WireError) as caught:
        built.identities.identify(session.access_key_id, session.token)
    assert (caught.value.code, caught.value.status) == ("ExpiredToken", 403)


def test_sessions_that_ended_are_forgotten_and_others_kept(built: BuiltWorld, now: FakeNow) -> None:
    role = built.world.store.role(PLATFORM, "CadoResponsePlatform")
    assert role is not None
    caller = role_session(role, "s")
    lasting = built.identities.mint(caller, 90_000)
    ending = [built.identities.mint(caller, 900) for _ in range(1500)]
    now.at = NOON + timedelta(hours=1)
    for _ in range(1500):
        built.identities.mint(caller, 900)
    assert built.identities.identify(lasting.access_key_id, lasting.token)
    with pytest.raises(WireError, match="InvalidClientTokenId"):
        built.identities.identify(ending[0].access_key_id, ending[0].token)


def test_principals_of_a_suspended_account_are_nobody(now: FakeNow) -> None:
    text = "organization: {accounts: [{name: gone, state: SUSPENDED}]}"
    built = build(parse_scenario(text, "s.yaml"), now=now)
    gone = account_id(built.world, "gone")
    built.world.store.call("iam", "CreateUser", {"UserName": "ada"}, account_id=gone)
    key = built.world.store.call("iam", "CreateAccessKey", {"UserName": "ada"}, account_id=gone)["AccessKey"]
    with pytest.raises(WireError, match="InvalidClientTokenId"):
        built.identities.identify(key["AccessKeyId"], None)


def signed(date: str = "20260601T120000Z", **headers: str) -> HttpRequest:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIA/20260601/us-east-1/sts/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0"
    )
    return HttpRequest("POST", "/", {"Host": "h", "Authorization": authorization, "X-Amz-Date": date, **headers})


def test_a_claim_tells_key_service_and_region() -> None:
    claim = read_claim(signed())
    assert (claim.access_key_id, claim.service, claim.region) == ("AKIA", "sts", "us-east-1")
    assert (claim.signed_headers, claim.presigned) == (("host", "x-amz-date"), False)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MissingAuthenticationToken"),
        ({"Authorization": "Basic eDp5"}, "MissingAuthenticationToken"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA"}, "IncompleteSignature"),
        ({"Authorization": "AWS4-HMAC-SHA256"}, "IncompleteSignature"),
    ],
)
def test_half_a_signature_is_refused(headers: dict[str, str], code: str) -> None:
    with pytest.raises(WireError) as caught:
        read_claim(HttpRequest("GET", "/", headers))
    assert (caught.value.code, caught.value.status) == (code, 403)


@pytest.mark.parametrize("date", ["20260601T114459Z", "20260601T121501Z"])
def test_a_signature_of_another_time_is_refused(date: str) -> None:
    claim: Claim = read_claim(signed(date))
    with pytest.raises(WireError, match="expired or not yet current"):
        verify(signed(date), claim, "secret", NOON)


def test_a_body_that_is_not_what_was_hashed_is_refused() -> None:
    request = signed(**{"X-Amz-Content-SHA256": "0" * 64})
    with pytest.raises(WireError, match="XAmzContentSHA256Mismatch"):
        verify(request, read_claim(request), "secret", NOON)
