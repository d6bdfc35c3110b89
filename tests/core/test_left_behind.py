from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rolecall.core.ids import AccountId
from rolecall.core.ledger import Why
from rolecall.core.left_behind import OUT_OF_REACH, left_behind, listed_again, looked_at
from rolecall.core.observed import InstanceStatus, Observed
from tests.fakes.cloud import EXTERNAL_ID, STACK_SET

from .worlds import AUDIT, BILLING, RETIRED, desired, instance, stack_set

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
GONE = AccountId("999999999999")


def observed(*accounts: AccountId) -> Observed:
    return Observed(stack_set=stack_set(desired()), instances=tuple(map(instance, accounts)))


def test_an_entry_says_what_is_left_where_and_why() -> None:
    world = observed(AUDIT, RETIRED, GONE)
    found = {entry.account: entry for entry in left_behind(desired(), world, [AUDIT, RETIRED, GONE], NOW)}
    assert {account: entry.why for account, entry in found.items()} == {
        AUDIT: Why.INOPERABLE,
        RETIRED: Why.INACTIVE,
        GONE: Why.DEPARTED,
    }
    entry = found[RETIRED]
    assert (entry.name, entry.stack_set, entry.region) == ("retired", STACK_SET, "us-east-1")
    assert (entry.stack_id, str(entry.role_arn)) == (
        f"stack/{RETIRED}",
        f"arn:aws:iam::{RETIRED}:role/CadoResponseRole",
    )
    assert (entry.since, entry.last_seen) == (NOW, NOW)


def test_only_the_accounts_that_are_named_leave_something() -> None:
    assert [entry.account for entry in left_behind(desired(), observed(AUDIT, RETIRED), [RETIRED], NOW)] == [RETIRED]


def test_the_role_is_that_of_the_stack_set_and_no_external_id_is_kept() -> None:
    world = observed(RETIRED)
    assert world.stack_set
    parameters = {**world.stack_set.content.parameters, "RoleName": "FormerRole"}
    content = replace(world.stack_set.content, parameters=parameters)
    world = replace(world, stack_set=replace(world.stack_set, content=content))
    (entry,) = left_behind(desired(), world, [RETIRED], NOW)
    assert entry.role_arn.name == "FormerRole"
    assert EXTERNAL_ID in parameters.values()
    assert EXTERNAL_ID not in repr(entry) + entry.template


def test_what_the_stack_set_lists_is_not_left() -> None:
    world = observed(RETIRED)
    entries = left_behind(desired(), world, [RETIRED], NOW)
    assert listed_again(desired(), world, entries) == entries
    assert looked_at(desired(), world, entries, LATER) == ()


def test_what_an_operation_is_about_to_let_go_of_stays_in_the_ledger() -> None:
    entries = left_behind(desired(), observed(RETIRED), [RETIRED], NOW)
    working = Observed(
        stack_set=stack_set(desired()),
        instances=(instance(RETIRED, status=InstanceStatus.OUTDATED, detailed_status="RUNNING"),),
    )
    assert listed_again(desired(), working, entries) == ()


def test_another_stack_of_the_account_in_the_list_says_nothing_of_the_first() -> None:
    entries = left_behind(desired(), observed(RETIRED), [RETIRED], NOW)
    other = Observed(stack_set=stack_set(desired()), instances=(instance(RETIRED, stack_id="stack/other"),))
    assert listed_again(desired(), other, entries) == ()


def test_an_instance_of_another_region_says_nothing_either() -> None:
    entries = left_behind(desired(), observed(RETIRED), [RETIRED], NOW)
    other = Observed(stack_set=stack_set(desired()), instances=(instance(RETIRED, region="eu-west-1"),))
    assert listed_again(desired(), other, entries) == ()


def test_entries_of_another_stack_set_are_left_alone() -> None:
    entries = [replace(entry, stack_set="other") for entry in left_behind(desired(), observed(AUDIT), [AUDIT], NOW)]
    assert listed_again(desired(), observed(AUDIT), entries) == ()


def test_an_account_out_of_the_organization_closes_its_entry_and_one_that_comes_back_opens_it() -> None:
    world = observed(GONE, BILLING)
    gone, here = left_behind(desired(), world, [GONE, BILLING], NOW)
    nothing = Observed()
    closed, seen = sorted(looked_at(desired(), nothing, [gone, here], LATER), key=lambda entry: entry.is_open)
    assert (closed.closed, closed.last_seen) == (OUT_OF_REACH, NOW)
    assert (seen.is_open, seen.last_seen) == (True, LATER)
    back = replace(closed, account=BILLING)
    (opened,) = looked_at(desired(), nothing, [back], LATER)
    assert (opened.closed, opened.last_seen) == ("", LATER)
