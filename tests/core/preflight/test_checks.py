"""Names that are taken, second stack sets, quarantine units and quotas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rolecall.core.ids import UnitId
from rolecall.core.observed import AutoDeployment, StackContent, StackSet
from rolecall.core.organization import OrganizationalUnit
from rolecall.core.preflight import Elsewhere, Facts, Finding, FoundRole, Level, OtherStackSet, Unknown
from rolecall.core.preflight.checks import instance_quota
from tests.core.worlds import AUDIT, BILLING, MANAGEMENT, ROOT, SECURITY, UNITS, WORKLOADS, desired, role, settled
from tests.fakes.cloud import ROLE_NAME, STACK_SET, config

from .facts import facts, found, levels

NAME, SECOND, QUARANTINE = "name-taken", "second-stack-set", "quarantine-unit"
OURS = f"StackSet-{STACK_SET}-0a1b2c3d-0000-1111-2222-333344445555"


def names(**told: Any) -> list[Finding]:
    nobody = dict.fromkeys((MANAGEMENT, AUDIT, BILLING))
    return found(facts(roles={**nobody, **told.get("roles", {})}), NAME)


def test_names_that_are_free_are_no_finding() -> None:
    assert names() == []


@pytest.mark.parametrize("account", [MANAGEMENT, AUDIT])
def test_a_role_of_somebody_else_blocks_its_account(account: Any) -> None:
    (finding,) = names(roles={account: FoundRole(role(account), {"team": "web"})})
    assert (finding.level, finding.account) == (Level.BLOCKS, account)
    assert f"arn:aws:iam::{account}:role/CadoResponseRole exists, and rolecall did not make it" in finding.message


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        ({"managed-by": "rolecall"}, Level.WARNS),
        ({"aws:cloudformation:stack-name": OURS}, Level.WARNS),
        ({"aws:cloudformation:stack-name": STACK_SET}, Level.WARNS),
        ({"managed-by": "terraform"}, Level.BLOCKS),
        ({"aws:cloudformation:stack-name": "StackSet-rolecall-Other-0a1b"}, Level.BLOCKS),
        ({"aws:cloudformation:stack-name": OURS.replace("Role-", "Role-Two-")}, Level.BLOCKS),
        ({}, Level.BLOCKS),
    ],
)
def test_what_is_ours_is_told_by_tag_or_stack_and_only_warns(tags: dict[str, str], level: Level) -> None:
    (finding,) = names(roles={AUDIT: FoundRole(role(AUDIT), tags)})
    assert finding.level is level


def test_a_stack_that_was_left_is_named_with_the_command_that_deletes_it() -> None:
    (finding,) = names(roles={AUDIT: FoundRole(role(AUDIT), {"aws:cloudformation:stack-name": OURS})})
    assert finding.hint.endswith(f"aws cloudformation delete-stack --stack-name {OURS}")


def test_without_a_role_to_inspect_with_it_is_said_once_that_nobody_looked() -> None:
    (finding,) = found(facts(roles={MANAGEMENT: None}), NAME)
    assert (finding.level, finding.account) == (Level.UNCHECKED, None)
    assert "in 2 accounts (audit, billing): deployment.inspect_role is not given" in finding.message
    assert "OrganizationAccountAccessRole" in finding.hint


def test_accounts_that_could_not_be_looked_into_are_told_by_reason() -> None:
    unknown = Unknown("with Inspector AccessDenied to AssumeRole")
    (finding,) = names(roles={AUDIT: unknown, BILLING: unknown})
    assert finding.level is Level.UNCHECKED
    assert "in 2 accounts (audit, billing): with Inspector AccessDenied to AssumeRole" in finding.message


def test_where_nothing_is_made_nothing_is_said_of_names() -> None:
    assert found(facts(observed=settled(desired())), NAME) == []


TEMPLATE = """\
Parameters: {Name: {Type: String, Default: cadoresponserole}}
Resources:
  Theirs: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref Name, AssumeRolePolicyDocument: {}}}
  Topic: {Type: AWS::SNS::Topic}
"""


def other(region: str = "eu-west-1", name: str = "theirs", **changes: Any) -> OtherStackSet:
    content = StackContent(TEMPLATE, changes.pop("parameters", {}), changes.pop("tags", {}))
    made = StackSet(name, "arn", content, (ROOT,), (region,), AutoDeployment(False))
    return OtherStackSet(region, name, replace(made, **changes))


def seconds(*others: OtherStackSet, **told: Any) -> list[Finding]:
    return found(facts(elsewhere=Elsewhere(others), **told), SECOND)


def test_no_other_stack_set_is_no_finding() -> None:
    assert seconds() == []
    assert found(facts(), SECOND) == []


def test_a_stack_set_of_another_region_with_the_role_blocks_everything() -> None:
    """IAM tells no names apart by capitals."""
    (finding,) = seconds(other())
    assert (finding.level, finding.account) == (Level.BLOCKS, None)
    assert finding.message == f"stack set theirs in eu-west-1 deploys {ROLE_NAME} too, and IAM is global"
    assert finding.hint == "take it over with `rolecall --region eu-west-1 adopt theirs`, or delete it there"


def test_a_stack_set_with_another_role_is_none_of_ours() -> None:
    assert seconds(other(parameters={"Name": "AnotherRole"})) == []


def test_our_own_in_another_region_or_of_another_name_has_another_mend() -> None:
    ours = {"managed-by": "rolecall"}
    region, name = seconds(other(tags=ours), other("us-east-1", "former", tags=ours))
    assert region.hint.startswith("put deployment.region back to eu-west-1, or `rolecall destroy`")
    assert name.hint.startswith("put deployment.stack_set_name back to former, or `rolecall destroy`")


def test_one_without_instances_only_warns() -> None:
    (finding,) = seconds(other(unit_ids=(), regions=()))
    assert (finding.level, "has no instances yet" in finding.message) == (Level.WARNS, True)


def test_beside_a_stack_set_of_ours_that_is_there_it_only_warns() -> None:
    assert levels(seconds(other(), observed=settled(desired()), everything=True)) == [Level.WARNS]


def test_what_was_not_read_is_told_with_its_reason() -> None:
    many = [OtherStackSet("eu-west-1", f"set-{number}", None) for number in range(7)]
    unasked = {"ap-east-1": "not enabled", "me-south-1": "not enabled", "us-east-1": "refused"}
    findings = found(facts(elsewhere=Elsewhere(many, unasked)), SECOND)
    assert levels(findings) == [Level.UNCHECKED] * 3
    assert "set-0 in eu-west-1" in findings[0].message
    assert "and 2 more" in findings[0].message
    assert "in ap-east-1, me-south-1: not enabled" in findings[1].message
    assert "in us-east-1: refused" in findings[2].message


QUARANTINED, LAB = UnitId("ou-ab12-quaranti"), UnitId("ou-ab12-lablablab")


def placed(
    name: str = "Quarantine", units: tuple[UnitId, ...] = (WORKLOADS,), parent: UnitId = ROOT, **changes: Any
) -> Facts:
    made = facts(config(**changes), units=units)
    more = {QUARANTINED: OrganizationalUnit(QUARANTINED, name, parent), LAB: OrganizationalUnit(LAB, "Lab", ROOT)}
    organization = replace(made.desired.organization, units={**UNITS, **more})
    return replace(made, desired=replace(made.desired, organization=organization))


@pytest.mark.parametrize("name", ["Quarantine", "quarantined-accounts", "Isolation", "Suspended", "IncidentResponse"])
def test_a_unit_of_such_a_name_outside_the_targets_is_warned_of(name: str) -> None:
    (finding,) = found(placed(name), QUARANTINE)
    assert finding.level is Level.WARNS
    assert f"moved to /{name} loses the role" in finding.message
    assert "retain_on_removal: true, or" in finding.hint
    assert "targets.quarantine_units: []" in finding.hint


@pytest.mark.parametrize(
    "made",
    [
        placed("Sandbox"),
        placed(units=(ROOT,)),
        placed(units=(QUARANTINED,)),
        placed(units=(SECURITY,), parent=SECURITY),
        placed(deployment={"auto_deployment": {"enabled": True, "retain_on_removal": True}}),
        placed(deployment={"auto_deployment": {"enabled": False}}),
        placed(targets={"quarantine_units": []}),
    ],
    ids=["other name", "root", "target", "under a target", "retained", "no auto-deployment", "said to be none"],
)
def test_where_the_role_would_stay_there_is_no_warning(made: Facts) -> None:
    assert found(made, QUARANTINE) == []


def test_units_that_the_config_names_are_taken_instead_of_guessed() -> None:
    (finding,) = found(placed(targets={"quarantine_units": ["/Lab"]}), QUARANTINE)
    assert "moved to /Lab loses the role" in finding.message
    assert "quarantine_units" not in finding.hint
    (by_id,) = found(placed(targets={"quarantine_units": [LAB]}), QUARANTINE)
    assert by_id.message == finding.message


def test_more_accounts_than_may_be_in_flight_are_said_to_go_in_batches() -> None:
    (finding,) = found(facts(config(deployment={"operations_in_flight": 1})), "batches")
    assert finding.message == "2 accounts are reached in batches: StackSets work on 1 instances at once"
    assert found(facts(config(deployment={"operations_in_flight": 2})), "batches") == []


def test_more_accounts_than_a_stack_set_holds_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(facts(), "instance-quota") == []
    monkeypatch.setattr(instance_quota, "INSTANCES", 1)
    (finding,) = found(facts(), "instance-quota")
    assert "would have 2 instances, and AWS's quota is 1" in finding.message
