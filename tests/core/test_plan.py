from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core.diff import diff
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceStatus, Observed, Operation, OperationStatus
from rolecall.core.organization import Account, AccountState
from rolecall.core.plan import Action, Change, Plan, make_plan, refuse_if_stale
from rolecall.core.template.differences import Difference
from rolecall.core.world import FACTS, World
from rolecall.errors import PlanRefused
from tests.fakes.cloud import EXTERNAL_ID, config

from .worlds import AUDIT, MEMBERS, ROOT, desired, settled

changes = st.builds(
    Change,
    st.sampled_from(Action),
    st.text(max_size=20),
    st.none() | st.text("0123456789", min_size=12, max_size=12).map(AccountId),
    st.text(max_size=50),
    st.lists(st.builds(Difference, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))).map(tuple),
)
digests = st.dictionaries(st.text("0123456789", min_size=12, max_size=12).map(AccountId), st.text(max_size=12))
facts = digests.map(lambda found: dict.fromkeys(found, "0a 1b 2c 3d"))
worlds = st.builds(World, st.dictionaries(st.text(max_size=10), st.text(max_size=10)), facts, digests)
plans = st.builds(Plan, st.just("o-exampleorg"), worlds, st.lists(changes).map(tuple))


def planned(observed: Observed | None = None, **changed: Any) -> Plan:
    wanted = desired(wanted=config(**changed))
    seen = observed or Observed(trusted_access=True)
    return make_plan(wanted, seen, diff(wanted, seen))


def refusal(text: str) -> PlanRefused:
    with pytest.raises(PlanRefused) as caught:
        Plan.from_json(text)
    return caught.value


@settings(max_examples=100)
@given(plans)
def test_a_plan_is_read_back_as_it_was_written(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan


def test_the_same_world_and_config_give_the_same_bytes() -> None:
    assert planned().to_json() == planned().to_json()


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        planned().changes = ()  # type: ignore[misc]


def test_pending_and_blocked_are_apart() -> None:
    plan = planned(Observed(trusted_access=False))
    assert {change.action for change in plan.blocked} == {Action.BLOCKED}
    assert Action.BLOCKED not in {change.action for change in plan.pending}
    assert len(plan.pending) + len(plan.blocked) == len(plan.changes)


def test_the_file_holds_no_external_id_and_none_of_the_templates_parameters() -> None:
    text = planned().to_json()
    assert EXTERNAL_ID not in text
    assert "ExternalId" not in text
    assert "api_key" not in text


def test_a_file_of_another_organization_is_refused() -> None:
    body = json.loads(planned().to_json())
    body["organization_id"] += "x"
    assert "was changed" in refusal(json.dumps(body)).summary


@pytest.mark.parametrize("field", ["parts", "accounts", "instances"])
def test_a_file_of_which_a_digest_was_changed_is_refused(field: str) -> None:
    body = json.loads(planned(settled(desired())).to_json())
    key = next(iter(body["world"][field]))
    body["world"][field][key] += "x"
    assert "was changed" in refusal(json.dumps(body)).summary


@pytest.mark.parametrize(
    "tamper",
    [
        lambda changes: changes[:-1],
        lambda changes: changes[::-1],
        lambda changes: [{**changes[0], "action": "delete-stack-set"}, *changes[1:]],
        lambda changes: [*changes[:-1], {**changes[-1], "account": "999999999999"}],
        lambda changes: [{**changes[0], "detail": "nothing to see"}, *changes[1:]],
    ],
)
def test_a_file_of_which_a_change_was_changed_is_refused(tamper: Any) -> None:
    body = json.loads(planned().to_json())
    body["changes"] = tamper(body["changes"])
    assert "was changed" in refusal(json.dumps(body)).summary


def test_a_file_without_its_fingerprint_is_refused() -> None:
    body = json.loads(planned().to_json())
    del body["fingerprint"]
    assert "was changed" in refusal(json.dumps(body)).summary


@pytest.mark.parametrize("version", [0, 1, 2, 4, "3", None])
def test_a_file_of_another_version_is_refused_with_both_versions(version: object) -> None:
    body = json.loads(planned().to_json()) | {"rolecall_plan": version}
    error = refusal(json.dumps(body))
    assert f"has version {version!r}, this rolecall reads 3" in error.summary
    assert "plan --out" in error.hint


@pytest.mark.parametrize(
    "text",
    ["", "not json", "[]", "1", "null", '"text"', "{}", '{"rolecall_plan": 3}', '{"rolecall_plan": 3, "changes": [1]}'],
)
def test_what_is_no_plan_is_refused(text: str) -> None:
    assert refusal(text).summary == "the file is not a plan"


@pytest.mark.parametrize(
    "change",
    [{"action": "explode"}, {"account": "12"}, {"account": 5}, {"action": None}],
)
def test_a_plan_with_a_change_that_is_none_is_refused(change: dict[str, object]) -> None:
    body = json.loads(planned().to_json())
    body["changes"][0] |= change
    assert refusal(json.dumps(body)).summary == "the file is not a plan"


def test_the_same_world_is_not_stale() -> None:
    refuse_if_stale(planned(), planned())


def stale(saved: Plan, current: Plan) -> PlanRefused:
    with pytest.raises(PlanRefused) as caught:
        refuse_if_stale(saved, current)
    return caught.value


def test_a_plan_of_another_organization_is_refused_with_both() -> None:
    error = stale(replace(planned(), organization_id="o-another"), planned())
    assert error.summary == "the plan is of another organization"
    assert "o-another" in error.detail
    assert "o-exampleorg" in error.detail


@pytest.mark.parametrize(
    "changed",
    [
        {"role": {"max_session_hours": 1}},
        {"role": {"external_id": "another"}},
        {"targets": {"management_account": False}},
    ],
)
def test_another_config_makes_a_plan_stale(changed: dict[str, Any]) -> None:
    error = stale(planned(), planned(**changed))
    assert error.summary == "the plan is stale; other than then: the config"


def test_another_world_makes_a_plan_stale_and_what_moved_is_named() -> None:
    error = stale(planned(), planned(settled(desired())))
    assert "the stack set" in error.summary
    assert "the management account's stack" in error.summary
    assert f"a stack instance that was not there: {AUDIT}" in error.summary
    assert "the config" not in error.summary
    assert (
        f"no longer needed: create-stack-instance stack instance of rolecall-CadoResponseRole {AUDIT}" in error.detail
    )


def test_what_is_needed_now_is_named_too() -> None:
    error = stale(planned(settled(desired())), planned())
    assert "needed now: create-stack-set stack set rolecall-CadoResponseRole" in error.detail


def test_a_plan_with_other_changes_for_the_same_world_is_refused_and_says_which_options() -> None:
    current = planned()
    error = stale(replace(current, changes=current.changes[1:]), current)
    assert error.summary == "the plan lists other changes than these options give"
    assert "needed now: create-stack-set" in error.detail
    assert "--retry-blocked" in error.hint


def test_a_new_account_makes_a_plan_stale() -> None:
    wanted, seen = desired(*MEMBERS[:2]), Observed(trusted_access=True)
    error = stale(make_plan(wanted, seen, diff(wanted, seen)), planned())
    assert "joined the organization" in error.summary
    assert MEMBERS[2].id in error.summary


def test_what_became_of_an_account_is_named() -> None:
    management, moved, asleep, renamed = MEMBERS
    changed = (
        management,
        replace(moved, unit_ids=(ROOT,)),
        replace(asleep, state=AccountState.SUSPENDED),
        replace(renamed, name="another"),
    )
    wanted, seen = desired(*changed), Observed(trusted_access=True)
    now = make_plan(wanted, seen, diff(wanted, seen))
    summary = stale(planned(), now).summary
    assert f"moved to another unit: {moved.id};" in summary
    assert f"in another state: {asleep.id};" in summary
    assert f"renamed: {renamed.id}" in summary
    with pytest.raises(PlanRefused, match=rf"renamed: another \({renamed.id}\)$"):
        refuse_if_stale(planned(), now, {renamed.id: "another"})
    assert f"left the organization: {moved.id}" in stale(planned(), made_without(moved)).summary


def made_without(gone: Account) -> Plan:
    wanted, seen = desired(*(found for found in MEMBERS if found != gone)), Observed(trusted_access=True)
    return make_plan(wanted, seen, diff(wanted, seen))


def test_an_account_whose_digest_is_not_whole_makes_no_plan() -> None:
    body = json.loads(planned().to_json())
    account = next(iter(body["world"]["accounts"]))
    body["world"]["accounts"][account] = "0a 1b"
    assert refusal(json.dumps(body)).summary == "the file is not a plan"


def test_each_thing_that_moved_is_named() -> None:
    wanted = desired()
    before = settled(wanted)
    gone, changed = before.instances[0], replace(before.instances[1], status=InstanceStatus.OUTDATED)
    operation = Operation("x", "UPDATE", OperationStatus.FAILED)
    after = replace(before, instances=(changed, *before.instances[2:]), registrations=(), operation=operation)
    summary = stale(planned(before), planned(after)).summary
    assert f"a stack instance that is gone: {gone.account}" in summary
    assert f"another state of the stack instance: {changed.account}" in summary
    assert "the registrations at forensics" in summary
    assert "the stack set's newest operation" in summary


def test_the_file_of_ten_thousand_accounts_stays_small() -> None:
    """Two short digests an account, and its changes."""
    accounts = {AccountId(f"{number:012}"): "0" * 12 for number in range(10_000)}
    facts = dict.fromkeys(accounts, " ".join(["0" * 6] * len(FACTS)))
    plan = replace(planned(), world=World({}, facts, accounts), changes=())
    assert len(plan.to_json()) < 1_000_000


def test_an_operation_since_makes_a_plan_stale() -> None:
    """The fingerprint is in the operation ids: after a failed operation the same changes need new ones."""
    wanted = desired()
    before = settled(wanted)
    after = replace(before, operation=Operation("x", "UPDATE", OperationStatus.FAILED))
    assert planned(before).fingerprint != planned(after).fingerprint


def test_a_long_difference_is_cut() -> None:
    many = tuple(Change(Action.REGISTER, "platform x", AccountId(f"{number:012}"), "") for number in range(30))
    error = stale(replace(planned(), changes=many, world=World({}, {}, {})), planned())
    assert error.detail.endswith("more")
    assert error.detail.count(";") == 10


def test_ten_thousand_changes_are_compared_in_one_pass() -> None:
    """Each change is hashed a few times, not once for every other."""
    hashed = 0

    class Counted(Change):
        def __hash__(self) -> int:
            nonlocal hashed
            hashed += 1
            return hash((self.action, self.account))

    def many(action: Action) -> tuple[Change, ...]:
        return tuple(Counted(action, "s", AccountId(f"{number:012}"), "") for number in range(10_000))

    stale(
        replace(planned(), changes=many(Action.REGISTER), world=World({}, {}, {})),
        replace(planned(), changes=many(Action.DEREGISTER)),
    )
    assert hashed <= 50_000


@pytest.mark.parametrize("action", list(Action))
def test_what_takes_away_is_destructive(action: Action) -> None:
    takes_away = ("delete", "drop", "deregister", "let-go", "recreate")
    assert action.destructive is action.value.startswith(takes_away)
