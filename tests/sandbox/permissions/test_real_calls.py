"""Each group alone, by signed calls as its role: what it may do where it should, and where and what it may not.

What counts is whether the gateway refuses a call: what it lets pass may still meet an error of the service behind.
"""

from __future__ import annotations

import pytest

from rolecall.core.permission_groups import GROUPS

from .api_call import ApiCall
from .calls import CALLS
from .cases import ALONE, CASES, ELSEWHERE, HELD, SCOPED, Case
from .conftest import Fleet
from .denied import DANGEROUS
from .things import Thing


def by_id(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.id)


def own_calls(case: Case) -> list[ApiCall]:
    return [call for call in CALLS if call.actions <= case.actions and not call.never]


def denied(fleet: Fleet, case: Case, calls: list[ApiCall], thing: Thing, region: str = "us-east-1") -> set[str]:
    deployed = fleet.of(case)
    return {str(call) for call in calls if fleet.wire.denied(call, thing, deployed.keys, region)}


def test_there_is_a_call_for_every_action_of_every_group() -> None:
    assert {action for call in CALLS for action in call.actions} >= {
        action for group in GROUPS.values() for action in group.actions
    }
    assert not {action for call in DANGEROUS for action in call.actions} & {
        action for group in GROUPS.values() for action in group.actions
    }


def test_every_form_of_every_group_says_what_it_holds() -> None:
    assert {(case.group, case.form) for case in SCOPED} == {(group, form) for group, form in HELD if form}
    assert all(case.held <= case.actions for case in CASES)


@by_id(CASES)
def test_every_action_is_allowed_where_it_should_be(fleet: Fleet, case: Case) -> None:
    assert denied(fleet, case, own_calls(case), fleet.of(case).at(fleet.things.inside)) == set()


@by_id(CASES)
@pytest.mark.parametrize("place", ["outside", "otherwise"])
def test_what_is_held_is_denied_elsewhere_and_nothing_else_is(fleet: Fleet, case: Case, place: str) -> None:
    if case.form == "regions":
        thing, region = fleet.of(case).at(fleet.things.inside), ELSEWHERE
    else:
        thing, region = getattr(fleet.things, place), "us-east-1"
    held = {str(call) for call in own_calls(case) if call.actions & case.held}
    assert denied(fleet, case, own_calls(case), thing, region) == held


@by_id(CASES)
def test_what_no_group_allows_in_this_way_is_denied(fleet: Fleet, case: Case) -> None:
    never = [call for call in CALLS if call.never] + DANGEROUS
    assert denied(fleet, case, never, fleet.of(case).at(fleet.things.inside)) == {str(call) for call in never}


@by_id(ALONE)
def test_what_other_groups_allow_is_denied(fleet: Fleet, case: Case) -> None:
    others = [call for call in CALLS if not call.actions <= case.actions]
    assert denied(fleet, case, others, fleet.of(case).at(fleet.things.inside)) == {str(call) for call in others}


@pytest.mark.parametrize("form", ["keys", "aliases"])
def test_what_one_key_sealed_is_not_sealed_anew_with_another(fleet: Fleet, form: str) -> None:
    (again,) = (call for call in CALLS if call.operation == "re_encrypt")
    inside, outside = fleet.things.inside, fleet.things.outside
    case = Case("ebs-copy", form)
    assert denied(fleet, case, [again], {**inside, "sealed": outside["sealed"]})
    assert denied(fleet, case, [again], {**inside, "key": outside["key"]})


def test_one_untagged_instance_among_tagged_ones_denies_the_command(fleet: Fleet) -> None:
    keys = fleet.of(Case("ec2-triage", "tag")).keys
    both = [fleet.things.inside["instance"], fleet.things.outside["instance"]]
    command = ApiCall(
        frozenset({"ssm:SendCommand"}),
        "ssm",
        "send_command",
        lambda _: {"InstanceIds": both, "DocumentName": "AWS-RunShellScript"},
    )
    assert fleet.wire.denied(command, {}, keys)
