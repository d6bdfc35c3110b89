"""Which calls are really made, and what their answers mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.harmless import Made, calls_of, for_role, not_made, with_calls
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.permission_groups import GROUPS
from rolecall.core.roll import Access, Cause, MissingPermission, Proof, judge, with_missing
from tests.fakes.cloud import config

REGIONS = ("us-east-1", "eu-west-1")
PROOF = Proof(Access.ANSWERING, "12 permissions allowed", assumed=True)


def section(**changes: Any) -> RoleSection:
    return config(role={"permission_groups": list(GROUPS), **changes}).role


def test_each_enabled_group_with_a_call_has_it_made_in_the_first_region() -> None:
    calls = calls_of(section(), REGIONS)
    assert {call.group for call in calls} == GROUPS.keys() - {"s3-encrypted", "ebs-encrypted"}
    assert {call.region for call in calls} == {"us-east-1"}
    assert [call.group for call in calls_of(section(permission_groups=["account-check", "eks"]), REGIONS)] == [
        "account-check",
        "eks",
    ]


def test_a_group_that_is_narrowed_to_other_regions_is_called_there() -> None:
    narrowed = section(scopes={"eks": {"regions": ["eu-west-1"]}, "ecs": {"regions": ["ap-southeast-2"]}})
    regions = {call.group: call.region for call in calls_of(narrowed, REGIONS)}
    assert (regions["eks"], regions["ecs"], regions["ebs"]) == ("eu-west-1", "ap-southeast-2", "us-east-1")


def test_what_the_management_account_alone_gets_is_called_nowhere_else() -> None:
    assert "organizations" not in {call.group for call in calls_of(section().for_members, REGIONS)}


def test_the_roles_name_is_filled_in() -> None:
    arn = RoleArn("aws", AccountId("222222222222"), "/", "CadoResponseRole")
    (call,) = (found.call for found in calls_of(section(), REGIONS) if found.group == "account-check")
    assert for_role(call, arn).parameters == {"RoleName": "CadoResponseRole"}


def test_groups_of_which_nothing_is_called_say_why() -> None:
    assert [said.split(" was ")[0] for said in not_made(section())] == [
        "nothing of the group s3-encrypted",
        "nothing of the group ebs-encrypted",
    ]


def ebs() -> Any:
    return next(call for call in calls_of(section(), REGIONS) if call.group == "ebs")


def test_calls_that_are_answered_are_counted() -> None:
    proof = with_calls(PROOF, section(), [Made(ebs())])
    assert proof.access is Access.ANSWERING
    assert proof.reason == "12 permissions allowed; 1 of 1 calls really made were answered"


def test_a_refusal_of_what_was_simulated_as_allowed_restricts_the_role() -> None:
    proof = with_calls(PROOF, section(), [Made(ebs(), refused=True)])
    assert proof.access is Access.RESTRICTED
    assert proof.missing == (MissingPermission("ec2:DescribeInstances", ("ebs",), Cause.REALLY_ASKED, "us-east-1"),)
    assert "such as endpoint, resource and key policies (refused when really asked): ec2:Desc" in proof.reason


def test_a_refusal_that_the_simulation_foretold_is_no_second_finding() -> None:
    missing = (MissingPermission("ec2:DescribeInstances", ("ebs",), Cause.SCP, "us-east-1"),)
    before = judge(missing, 12)
    assert with_calls(before, section(), [Made(ebs(), refused=True)]).missing == missing


def test_an_answer_that_tells_nothing_of_the_permission_is_told_and_changes_nothing() -> None:
    proof = with_calls(PROOF, section(), [Made(ebs(), failed="AWS refused DescribeInstances; OptInRequired: no")])
    assert proof.access is Access.ANSWERING
    assert "ec2:DescribeInstances told nothing when really asked: AWS refused" in proof.reason


def test_an_open_role_stays_open() -> None:
    before = Proof(Access.OPEN, "it answers anybody", assumed=True)
    assert with_calls(before, section(), [Made(ebs(), refused=True)]).access is Access.OPEN


def test_a_resource_control_policy_that_is_found_to_deny_it_is_named_instead() -> None:
    proof = with_calls(replace(PROOF, entry="external id enforced"), section(), [Made(ebs(), refused=True)])
    denied = MissingPermission("ec2:DescribeInstances", ("ebs",), Cause.RCP, "", ("DenyReads",))
    told = with_missing(proof, [denied])
    assert told.missing == (denied,)
    assert told.reason == (
        "external id enforced; 1 permission of ebs denied by a resource control policy (DenyReads): "
        "ec2:DescribeInstances; 0 of 1 calls really made were answered"
    )


def test_a_role_of_which_nothing_was_known_is_restricted_by_a_refusal() -> None:
    before = Proof(Access.UNKNOWN, "its permissions cannot be asked", assumed=True)
    assert with_calls(before, section(), [Made(ebs(), refused=True)]).access is Access.RESTRICTED
    assert with_calls(before, section(), [Made(ebs())]).access is Access.UNKNOWN
