from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core.desired import Desired, Via
from rolecall.core.diff import diff
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import (
    AutoDeployment,
    InstanceDrift,
    InstanceStatus,
    Observed,
    Registration,
    ResourceDrift,
    Stack,
    StackContent,
    StackInstance,
)
from rolecall.core.organization import Account, AccountState
from rolecall.core.plan import Action, Change
from tests.fakes.cloud import EXTERNAL_ID, STACK_SET, config

from .worlds import (
    AUDIT,
    BILLING,
    MANAGEMENT,
    PROD,
    RETIRED,
    ROOT,
    SECURITY,
    WORKLOADS,
    desired,
    instance,
    registration,
    role,
    settled,
    stack_set,
)

GONE = AccountId("999999999999")
TAKEN = "CadoResponseRole already exists"
OUTDATED, INOPERABLE, CURRENT = InstanceStatus.OUTDATED, InstanceStatus.INOPERABLE, InstanceStatus.CURRENT


def steps(changes: tuple[Change, ...]) -> list[tuple[Action, AccountId | None]]:
    return [(change.action, change.account) for change in changes]


STACK = f"arn:aws:cloudformation:us-east-1:{AUDIT}:stack/StackSet"
OURS, OTHERS = f"{STACK}-{STACK_SET}-1/2", f"{STACK}-theirs-1/2"
DENIED = "not authorized to perform: iam:CreateRole with an explicit deny in a service control policy"


def drift(account: AccountId, *paths: str, foreign: tuple[str, ...] = ()) -> InstanceDrift:
    role = ResourceDrift("Role", "CadoResponseRole", "AWS::IAM::Role", "MODIFIED", paths, foreign)
    return InstanceDrift(account, (role,))


def instances(**changes: Any) -> tuple[StackInstance, ...]:
    """Billing as it should be, audit's changed."""
    return (instance(AUDIT, **changes), instance(BILLING))


def registrations(*of_audit: Registration) -> tuple[Registration, ...]:
    """Those of the others as they should be, audit's given."""
    return (*of_audit, registration(BILLING), registration(MANAGEMENT))


def test_where_everything_is_as_it_should_be_there_is_nothing_to_do() -> None:
    wanted = desired()
    assert diff(wanted, settled(wanted)) == ()


def test_an_empty_world_is_filled_in_order() -> None:
    assert steps(diff(desired(), Observed(trusted_access=True))) == [
        (Action.CREATE_STACK_SET, None),
        (Action.CREATE_INSTANCE, AUDIT),
        (Action.CREATE_INSTANCE, BILLING),
        (Action.CREATE_STACK, MANAGEMENT),
        (Action.REGISTER, MANAGEMENT),
        (Action.REGISTER, AUDIT),
        (Action.REGISTER, BILLING),
    ]


THEIRS = StackContent("theirs", {}, {"owner": "them"})

CASES: dict[str, tuple[dict[str, Any], list[tuple[Action, AccountId | None]]]] = {
    "an instance is missing": ({"instances": (instance(BILLING),)}, [(Action.CREATE_INSTANCE, AUDIT)]),
    "an instance failed": (
        {"instances": instances(status=OUTDATED, detailed_status="FAILED", reason="Limit exceeded")},
        [(Action.RETRY_INSTANCE, AUDIT)],
    ),
    "an instance was cancelled": (
        {"instances": instances(status=OUTDATED, detailed_status="CANCELLED")},
        [(Action.RETRY_INSTANCE, AUDIT)],
    ),
    "an instance was skipped and its account is active again": (
        {"instances": instances(status=OUTDATED, detailed_status="SKIPPED_SUSPENDED_ACCOUNT")},
        [(Action.RETRY_INSTANCE, AUDIT)],
    ),
    "an instance waits for its operation": (
        {"instances": instances(status=OUTDATED, detailed_status="PENDING")},
        [],
    ),
    "an instance is being worked on": ({"instances": instances(status=OUTDATED, detailed_status="RUNNING")}, []),
    "a name is taken": (
        {"instances": instances(status=OUTDATED, detailed_status="FAILED", reason=TAKEN)},
        [(Action.BLOCKED, AUDIT)],
    ),
    "an instance is inoperable": (
        {"instances": instances(status=INOPERABLE, detailed_status="INOPERABLE")},
        [(Action.REPAIR_INSTANCE, AUDIT)],
    ),
    "an instance could not be imported": (
        {"instances": instances(status=INOPERABLE, detailed_status="FAILED_IMPORT", reason="its template is another")},
        [(Action.BLOCKED, AUDIT)],
    ),
    "an instance could not be imported since its stack is gone": (
        {"instances": instances(status=INOPERABLE, detailed_status="FAILED_IMPORT", reason="is in DELETE_COMPLETE")},
        [(Action.REPAIR_INSTANCE, AUDIT)],
    ),
    "a policy of the organization denies it": (
        {"instances": instances(status=OUTDATED, detailed_status="FAILED", reason=DENIED)},
        [(Action.BLOCKED, AUDIT)],
    ),
    "a stack that was let go of is in the way": (
        {"instances": instances(status=OUTDATED, detailed_status="FAILED", reason=f"X already exists in stack {OURS}")},
        [(Action.REPAIR_INSTANCE, AUDIT)],
    ),
    "a stack of another stack set is in the way": (
        {"instances": instances(status=OUTDATED, detailed_status="FAILED", reason=f"already exists in stack {OTHERS}")},
        [(Action.BLOCKED, AUDIT)],
    ),
    "a stack was let go of and the run ended there": (
        {"instances": (instance(BILLING),), "kept": {AUDIT: OURS}},
        [(Action.REPAIR_INSTANCE, AUDIT)],
    ),
    "a stack was taken in again and the run ended there": (
        {"instances": instances(stack_id=OURS), "kept": {AUDIT: OURS}},
        [(Action.REPAIR_INSTANCE, AUDIT)],
    ),
    "the ledger has another stack than the instance": ({"kept": {AUDIT: OURS}}, []),
    "a trust was changed by hand": (
        {"drifts": (drift(AUDIT, "/AssumeRolePolicyDocument/x"),)},
        [(Action.REWRITE_INSTANCE, AUDIT)],
    ),
    "a session length was changed by hand": (
        {"drifts": (drift(AUDIT, "/AssumeRolePolicyDocument/x", "/MaxSessionDuration"),)},
        [(Action.RECREATE_INSTANCE, AUDIT)],
    ),
    "a policy was attached by hand": (
        {"drifts": (drift(AUDIT, "/ManagedPolicyArns/1", foreign=("arn:theirs",)),)},
        [(Action.BLOCKED, AUDIT)],
    ),
    "a drifted instance is deployed anew": (
        {
            "instances": instances(status=OUTDATED, detailed_status="FAILED"),
            "drifts": (drift(AUDIT, "/MaxSessionDuration"),),
        },
        [(Action.RETRY_INSTANCE, AUDIT)],
    ),
    "an instance drifted in an account that is no target": ({"drifts": (drift(RETIRED, "/Description"),)}, []),
    "an instance in an account that left": (
        {"instances": (*instances(), instance(GONE))},
        [(Action.BLOCKED, GONE)],
    ),
    "an instance in a suspended account": ({"instances": (*instances(), instance(RETIRED))}, []),
    "a failed instance in another Region": (
        {"instances": (*instances(), instance(AUDIT, region="eu-west-1", status=OUTDATED, detailed_status="FAILED"))},
        [],
    ),
    "the management account's stack is missing": ({"management_stack": None}, [(Action.CREATE_STACK, MANAGEMENT)]),
    "no registration": ({"registrations": registrations()}, [(Action.REGISTER, AUDIT)]),
    "a registration under another name": (
        {"registrations": registrations(registration(AUDIT, account_name="old"))},
        [(Action.REPLACE_REGISTRATION, AUDIT)],
    ),
    "a registration under another path": (
        {"registrations": registrations(registration(AUDIT, role=role(AUDIT, path="/old/")))},
        [(Action.REPLACE_REGISTRATION, AUDIT)],
    ),
    "a registration of another role": (
        {"registrations": registrations(registration(AUDIT, account_name="x", role=role(AUDIT, "Other")))},
        [(Action.REGISTER, AUDIT)],
    ),
    "our name is taken there by another role": (
        {"registrations": registrations(registration(AUDIT, role=role(AUDIT, "Other")))},
        [(Action.REPLACE_REGISTRATION, AUDIT)],
    ),
    "a registration of our name without a role": (
        {"registrations": registrations(registration(AUDIT, role=None))},
        [],
    ),
    "a registration of another name without a role": (
        {"registrations": registrations(registration(AUDIT, account_name="x", role=None))},
        [(Action.BLOCKED, AUDIT)],
    ),
    "a right registration beside others": (
        {"registrations": registrations(registration(AUDIT), registration(AUDIT, account_name="x", role=None))},
        [],
    ),
    "a registration in an excluded account": (
        {"registrations": (*registrations(registration(AUDIT)), registration(RETIRED))},
        [(Action.DEREGISTER, RETIRED)],
    ),
    "a registration of another role in an excluded account": (
        {"registrations": (*registrations(registration(AUDIT)), registration(RETIRED, role=role(RETIRED, "Other")))},
        [],
    ),
    "our role registered in an account that left": (
        {"registrations": (*registrations(registration(AUDIT)), Registration("forensics", "gone", GONE, role(GONE)))},
        [],
    ),
    "another role registered in an account that left": (
        {
            "registrations": (
                *registrations(registration(AUDIT)),
                Registration("forensics", "gone", GONE, role(GONE, "Other")),
            )
        },
        [],
    ),
    "a registration of nobody knows which account": (
        {"registrations": (*registrations(registration(AUDIT)), Registration("forensics", "gcp", None, None))},
        [],
    ),
    "a registration with a platform that is not configured": (
        {"registrations": (*registrations(registration(AUDIT)), registration(RETIRED, platform="other"))},
        [],
    ),
    "trusted access is unknown": ({"trusted_access": None}, []),
}


@pytest.mark.parametrize("name", CASES)
def test_each_difference_has_its_change(name: str) -> None:
    changes, expected = CASES[name]
    wanted = desired()
    assert steps(diff(wanted, settled(wanted, **changes))) == expected


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a name is taken", "--retry-blocked"),
        ("an instance could not be imported", "--retry-blocked"),
        ("a policy of the organization denies it", "iam:CreateRole"),
        ("a stack of another stack set is in the way", "delete that stack"),
        ("an instance in an account that left", "not in the organization"),
        ("a registration of another name without a role", "does not say with which role"),
    ],
)
def test_what_is_blocked_says_why_and_what_to_do(name: str, words: str) -> None:
    wanted = desired()
    (change,) = diff(wanted, settled(wanted, **CASES[name][0]))
    assert not change.pending
    assert words in change.detail


def test_what_is_blocked_by_a_taken_name_is_tried_again_when_asked_for() -> None:
    wanted = desired()
    observed = settled(wanted, **CASES["a name is taken"][0])
    assert steps(diff(wanted, observed, retry_blocked=True)) == [(Action.RETRY_INSTANCE, AUDIT)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"role": {"max_session_hours": 1}}, ["session length in seconds: 43200 -> 3600"]),
        ({"role": {"external_id": "another-one"}}, ["trust, statement Platform: external id: 5f0c… -> an…"]),
        ({"role": {"tags": {"team": "ir"}}}, ["role tag team:  -> ir", "tag team of the stacks:  -> ir"]),
        ({"deployment": {"auto_deployment": {"enabled": False}}}, ["auto-deployment: on -> off"]),
        ({"deployment": {"auto_deployment": {"retain_on_removal": True}}}, ["retain on removal: off -> on"]),
    ],
)
def test_a_changed_config_updates_the_set_and_says_what_was_and_what_will_be(
    changed: dict[str, Any], words: list[str]
) -> None:
    wanted = desired(wanted=config(**changed))
    before = desired()
    observed = replace(settled(wanted), stack_set=stack_set(before))
    (change,) = diff(wanted, observed)
    assert change.action is Action.UPDATE_STACK_SET
    assert [f"{found.what}: {found.before} -> {found.after}" for found in change.differences] == words
    assert change.detail == ", ".join(found.what for found in change.differences)
    assert "another-one" not in str(change)
    assert EXTERNAL_ID not in str(change)


def test_white_space_around_a_template_is_no_change() -> None:
    wanted = desired()
    content = replace(wanted.content, template=f"\n{wanted.content.template}\n")
    assert diff(wanted, settled(wanted, stack_set=stack_set(wanted, content=content))) == ()


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("CREATE_COMPLETE", None),
        ("UPDATE_COMPLETE", None),
        ("IMPORT_COMPLETE", None),
        ("CREATE_IN_PROGRESS", None),
        ("DELETE_IN_PROGRESS", None),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None),
        ("CREATE_FAILED", Action.REPLACE_STACK),
        ("ROLLBACK_COMPLETE", Action.REPLACE_STACK),
        ("ROLLBACK_FAILED", Action.REPLACE_STACK),
        ("DELETE_FAILED", Action.REPLACE_STACK),
        ("UPDATE_ROLLBACK_COMPLETE", None),
    ],
)
def test_a_stack_that_can_only_be_deleted_is_replaced(status: str, action: Action | None) -> None:
    wanted = desired()
    changes = diff(wanted, settled(wanted, management_stack=Stack(STACK_SET, status, wanted.content)))
    assert [change.action for change in changes] == ([action] if action else [])


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_of_an_older_form_is_updated(status: str) -> None:
    wanted = desired()
    old = replace(wanted.content, template="old")
    changes = diff(wanted, settled(wanted, management_stack=Stack(STACK_SET, status, old)))
    assert steps(changes) == [(Action.UPDATE_STACK, MANAGEMENT)]


def test_a_stack_of_somebody_else_blocks_and_is_never_deleted() -> None:
    theirs = Stack(STACK_SET, "CREATE_COMPLETE", THEIRS)
    wanted = desired()
    observed = settled(wanted, management_stack=theirs, registrations=(registration(AUDIT), registration(BILLING)))
    assert steps(diff(wanted, observed)) == [(Action.BLOCKED, MANAGEMENT)]
    without = desired(wanted=config(targets={"management_account": False}))
    observed = settled(without, management_stack=theirs, registrations=(registration(AUDIT), registration(BILLING)))
    assert diff(without, observed) == ()


@pytest.mark.parametrize("obstacle", ["untrusted", "theirs", "self-managed"])
def test_what_stops_the_whole_set_blocks_every_account_of_it_and_nothing_else(obstacle: str) -> None:
    wanted = desired()
    worlds: dict[str, dict[str, Any]] = {
        "untrusted": {"stack_set": None, "trusted_access": False},
        "theirs": {"stack_set": stack_set(wanted, content=THEIRS)},
        "self-managed": {"stack_set": stack_set(wanted, service_managed=False)},
    }
    observed = settled(wanted, management_stack=None, registrations=(), **worlds[obstacle])
    assert steps(diff(wanted, observed)) == [
        (Action.BLOCKED, None),
        (Action.BLOCKED, AUDIT),
        (Action.BLOCKED, BILLING),
        (Action.CREATE_STACK, MANAGEMENT),
        (Action.REGISTER, MANAGEMENT),
    ]


def test_accounts_outside_the_targets_lose_instance_and_registration() -> None:
    wanted = desired(units=(WORKLOADS,))
    everything = settled(desired(), stack_set=stack_set(wanted))
    assert steps(diff(wanted, everything)) == [(Action.DELETE_INSTANCE, AUDIT), (Action.DEREGISTER, AUDIT)]


def test_the_management_accounts_stack_goes_when_it_is_no_target_any_more() -> None:
    wanted = desired(wanted=config(targets={"management_account": False}))
    assert steps(diff(wanted, settled(desired()))) == [
        (Action.DELETE_STACK, MANAGEMENT),
        (Action.DEREGISTER, MANAGEMENT),
    ]


def test_departed_accounts_are_deregistered_where_the_platform_serves_this_organization_alone() -> None:
    platforms = [{"name": "forensics", "url": "https://p.example.com", "api_key": "env:K", "deregister_departed": True}]
    wanted = desired(wanted=config(platforms=platforms))
    found = settled(wanted)
    gone = Registration("forensics", "gone", GONE, role(GONE))
    observed = replace(found, registrations=(*found.registrations, gone))
    assert steps(diff(wanted, observed)) == [(Action.DEREGISTER, GONE)]


def test_each_platform_is_looked_at_for_itself() -> None:
    one = {"name": "one", "url": "https://one.example.com", "api_key": "env:K"}
    wanted = desired(wanted=config(platforms=[one, one | {"name": "two"}]))
    found = settled(wanted)
    observed = replace(found, registrations=tuple(item for item in found.registrations if item.platform == "one"))
    changes = diff(wanted, observed)
    assert {change.subject for change in changes} == {"platform two"}
    assert len(changes) == 3


def test_platforms_that_were_not_asked_have_no_changes() -> None:
    wanted = desired()
    assert diff(wanted, settled(wanted, registrations=()), platforms_asked=False) == ()


def test_no_detail_holds_the_external_id() -> None:
    wanted = desired()
    for observed in (Observed(trusted_access=True), settled(wanted, stack_set=stack_set(wanted, content=THEIRS))):
        assert EXTERNAL_ID not in repr(diff(wanted, observed))


statuses = st.sampled_from(
    [
        (CURRENT, "SUCCEEDED"),
        (OUTDATED, "FAILED"),
        (OUTDATED, "CANCELLED"),
        (INOPERABLE, "INOPERABLE"),
        (INOPERABLE, "FAILED_IMPORT"),
    ]
)
found_instances = st.fixed_dictionaries(
    {},
    optional={
        account: st.tuples(statuses, st.sampled_from(["", TAKEN])) for account in (AUDIT, BILLING, RETIRED, GONE)
    },
)
found_registrations = st.lists(
    st.builds(
        lambda account, name, known: Registration("forensics", name, account, role(account, known) if known else None),
        st.sampled_from([AUDIT, BILLING, MANAGEMENT, RETIRED, GONE]),
        st.sampled_from(["old", f"audit ({AUDIT})", f"billing ({BILLING})", f"management ({MANAGEMENT})"]),
        st.sampled_from(["CadoResponseRole", "Other", None]),
    ),
    max_size=5,
    unique_by=lambda found: found.account_name,
)
units_wanted = st.sampled_from([(ROOT,), (WORKLOADS,)])


found_drifts = st.lists(
    st.builds(drift, st.sampled_from([AUDIT, BILLING, RETIRED]), st.sampled_from(["/Policies/0", "/Tags/0"])),
    max_size=3,
    unique_by=lambda found: found.account,
)
BASE = desired()
WANTED = {(ROOT,): BASE, (WORKLOADS,): desired(units=(WORKLOADS,))}


@st.composite
def worlds(draw: st.DrawFn) -> Observed:
    have_set = draw(st.booleans())
    planted = draw(found_instances) if have_set else {}
    return Observed(
        stack_set=stack_set(BASE) if have_set else None,
        instances=tuple(
            instance(account, status=status, detailed_status=detailed, reason=reason)
            for account, ((status, detailed), reason) in planted.items()
        ),
        management_stack=draw(
            st.none()
            | st.sampled_from(["CREATE_COMPLETE", "ROLLBACK_COMPLETE"]).map(
                lambda status: Stack(STACK_SET, status, BASE.content)
            )
        ),
        registrations=tuple(draw(found_registrations)),
        trusted_access=draw(st.sampled_from([True, None])),
        drifts=tuple(draw(found_drifts)) if have_set else None,
        kept=draw(st.dictionaries(st.sampled_from([AUDIT, BILLING, GONE]), st.just(OURS))) if have_set else {},
    )


def done(wanted: Desired, observed: Observed, changes: tuple[Change, ...]) -> Observed:
    """The world after the changes, as AWS and the platform would make it."""
    for change in changes:
        observed = replace(observed, **_effect(wanted, observed, change))
    return observed


def _effect(wanted: Desired, world: Observed, change: Change) -> dict[str, Any]:
    others = tuple(found for found in world.instances if found.account != change.account)
    match change.action:
        case Action.CREATE_STACK_SET | Action.UPDATE_STACK_SET:
            return {"stack_set": stack_set(wanted)}
        case Action.CREATE_INSTANCE | Action.RETRY_INSTANCE:
            assert change.account
            return {"instances": (*others, instance(change.account)), "drifts": _but(world, change.account)}
        case Action.REPAIR_INSTANCE | Action.REWRITE_INSTANCE | Action.RECREATE_INSTANCE:
            assert change.account
            kept = {account: stack for account, stack in world.kept.items() if account != change.account}
            mended = {"kept": kept, "drifts": _but(world, change.account)}
            return {"instances": (*others, instance(change.account)), **mended}
        case Action.DELETE_INSTANCE:
            return {"instances": others}
        case Action.CREATE_STACK | Action.UPDATE_STACK | Action.REPLACE_STACK:
            return {"management_stack": Stack(STACK_SET, "CREATE_COMPLETE", wanted.content)}
        case Action.DELETE_STACK:
            return {"management_stack": None}
        case Action.REGISTER | Action.REPLACE_REGISTRATION | Action.DEREGISTER:
            return {"registrations": tuple(_registered(wanted, world, change))}
    return {}


def _but(world: Observed, account: AccountId) -> tuple[InstanceDrift, ...]:
    return tuple(found for found in world.drifts or () if found.account != account)


def _registered(wanted: Desired, world: Observed, change: Change) -> Iterator[Registration]:
    """Ours of that account are taken out; the right one is added. A name that is taken stays taken."""
    assert change.account
    account = wanted.accounts[change.account]
    name = account.names["forensics"]
    for found in world.registrations:
        ours = found.role.name == wanted.role_name if found.role else found.account_name == name
        if found.account != change.account or not ours:
            yield found
    if change.action is not Action.DEREGISTER:
        yield Registration("forensics", name, change.account, account.role)


@settings(max_examples=200, deadline=None)
@given(worlds(), units_wanted)
def test_after_its_changes_nothing_is_pending(observed: Observed, units: tuple[Any, ...]) -> None:
    wanted = WANTED[units]
    changes = diff(wanted, observed)
    again = diff(wanted, done(wanted, observed, changes))
    assert [change for change in again if change.pending] == []
    assert {change for change in changes if not change.pending} >= set(again)


@settings(max_examples=200, deadline=None)
@given(worlds(), units_wanted)
def test_nothing_is_done_to_what_is_not_ours(observed: Observed, units: tuple[Any, ...]) -> None:
    wanted = WANTED[units]
    after = done(wanted, observed, diff(wanted, observed))
    theirs = {found for found in observed.registrations if found.role and found.role.name == "Other"}
    assert theirs <= set(after.registrations)
    gone = {found for found in observed.instances if found.account in (GONE, RETIRED)}
    assert gone <= set(after.instances)


@settings(max_examples=100, deadline=None)
@given(worlds(), units_wanted)
def test_no_account_outside_the_targets_is_given_anything(observed: Observed, units: tuple[Any, ...]) -> None:
    wanted = WANTED[units]
    giving = {
        Action.CREATE_INSTANCE,
        Action.RETRY_INSTANCE,
        Action.REPAIR_INSTANCE,
        Action.CREATE_STACK,
        Action.REGISTER,
    }
    given_to = {change.account for change in diff(wanted, observed) if change.action in giving}
    assert given_to <= {account.id for account in wanted.accounts.values() if account.via is not Via.NOTHING}


class CountedAccounts(dict[AccountId, Any]):
    """The desired accounts, counting how often all of them are gone through."""

    rounds = 0

    def values(self) -> Any:
        type(self).rounds += 1
        return super().values()


def test_ten_thousand_accounts_are_gone_through_a_fixed_number_of_times() -> None:
    def rounds(count: int) -> int:
        members = [
            Account(AccountId(f"{200_000_000_000 + number}"), f"a{number}", AccountState.ACTIVE, (ROOT,))
            for number in range(count)
        ]
        management = Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,))
        wanted = desired(management, *members)
        counted = replace(wanted, accounts=CountedAccounts(wanted.accounts))
        CountedAccounts.rounds = 0
        assert len(diff(counted, Observed(trusted_access=True))) == 2 * count + 3
        return CountedAccounts.rounds

    assert rounds(10_000) == rounds(10) < 20


def test_only_our_content_units_and_auto_deployment_are_compared() -> None:
    wanted = desired()
    found = stack_set(wanted, regions=("us-east-1", "eu-west-1"), arn="other")
    assert diff(wanted, settled(wanted, stack_set=found)) == ()
    off = stack_set(wanted, auto_deployment=AutoDeployment(False))
    assert steps(diff(wanted, settled(wanted, stack_set=off))) == [(Action.UPDATE_STACK_SET, None)]


def test_a_unit_that_the_stack_set_does_not_target_yet_is_added_though_nobody_in_it_lacks_the_role() -> None:
    """Or accounts that join it would go without."""
    wanted = desired(units=(WORKLOADS, SECURITY))
    observed = settled(wanted, stack_set=stack_set(wanted, unit_ids=(WORKLOADS,)))
    (change,) = diff(wanted, observed)
    assert (change.action, change.account) == (Action.ADD_UNIT, None)
    assert SECURITY in change.detail


@pytest.mark.parametrize("targeted", [(ROOT,), (ROOT, PROD)])
def test_a_unit_under_one_that_is_targeted_is_none_to_be_added(targeted: tuple[UnitId, ...]) -> None:
    wanted = desired(units=(ROOT, PROD))
    assert diff(wanted, settled(wanted, stack_set=stack_set(wanted, unit_ids=targeted))) == ()


def test_a_unit_under_a_wanted_one_is_not_in_the_way() -> None:
    """Its accounts are meant: there is nothing to drop."""
    wanted = desired(units=(WORKLOADS,))
    observed = settled(wanted, stack_set=stack_set(wanted, unit_ids=(PROD,)))
    assert [(change.action, change.pending) for change in diff(wanted, observed)] == [(Action.ADD_UNIT, True)]
    assert diff(wanted, settled(wanted, stack_set=stack_set(wanted, unit_ids=(PROD, WORKLOADS)))) == ()


def test_without_auto_deployment_no_unit_has_to_be_a_target() -> None:
    wanted = desired(wanted=config(deployment={"auto_deployment": {"enabled": False}}), units=(WORKLOADS,))
    assert diff(wanted, settled(wanted, stack_set=stack_set(wanted, unit_ids=()))) == ()
