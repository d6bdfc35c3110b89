"""Roles with names of their own: kept as they are, or with one of ours beside."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.desired import Desired
from rolecall.core.diff import diff
from rolecall.core.existing import why_not_beside, with_existing
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.notes import notes
from rolecall.core.observed import InstanceDrift, Observed, ResourceDrift, StackContent
from rolecall.core.plan import Action, Change
from rolecall.core.template.reading import read
from rolecall.core.verdicts import rows
from tests.fakes.cloud import EXTERNAL_ID, config

from .worlds import AUDIT, BILLING, MANAGEMENT, desired, instance, registration, role, settled, stack_set

ID = "Older:0b5f"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": {"Ref": "Who"}}, "Action": "sts:AssumeRole"}]}


def by_hand(**sections: Any) -> StackContent:
    document = {
        "Parameters": {"ExternalID": {"Type": "String"}, "Who": {"Type": "String"}},
        "Resources": {
            "CadoRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
            "CadoPolicy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": [{"Ref": "CadoRole"}]}},
        },
        **sections,
    }
    return StackContent(json.dumps(document), {"ExternalID": EXTERNAL_ID, "Who": "somebody"}, {"team": "ir"})


def own(account: AccountId) -> RoleArn:
    return role(account, f"StackSet-Older-{account}-CadoRole")


EXISTING = {account: own(account) for account in (AUDIT, BILLING)}


def wanted(*, keep: bool, existing: dict[AccountId, RoleArn] = EXISTING) -> Config:
    section = {"existing_roles": "rolecall-roles.csv", "keep_existing": keep}
    made = config(role=section, deployment={"adopted_stack_set": ID}, targets={"management_account": False})
    return made.with_existing_roles(existing)


def observed(of: Desired, content: StackContent, **changes: Any) -> Observed:
    found = stack_set(of, content=content, id=ID, adopted=True)
    there = settled(of, stack_set=found, management_stack=None)
    return replace(there, **changes)


def laid(content: StackContent, *, keep: bool, **changes: Any) -> tuple[Desired, Observed]:
    plain = desired(wanted=wanted(keep=keep))
    there = observed(plain, content, **changes)
    return with_existing(plain, there), there


def test_what_is_kept_is_tagged_and_nothing_else() -> None:
    content = by_hand()
    of, there = laid(content, keep=True)
    (change,) = diff(of, there)
    assert change.action is Action.UPDATE_STACK_SET
    assert [(found.what, found.before, found.after) for found in change.differences] == [
        ("tag managed-by of the stacks", "", "rolecall")
    ]
    assert of.content.template == content.template
    assert of.content.parameters == content.parameters
    assert of.content.tags == {"team": "ir", "managed-by": "rolecall"}


def test_each_account_has_its_own_role_while_they_are_kept() -> None:
    of, _ = laid(by_hand(), keep=True)
    assert of.accounts[AUDIT].role == own(AUDIT)
    assert of.accounts[MANAGEMENT].role == role(MANAGEMENT), "no stack set reaches it"


def test_a_role_that_the_file_does_not_name_is_told_and_not_registered() -> None:
    plain = desired(wanted=wanted(keep=True, existing={AUDIT: own(AUDIT)}))
    there = observed(plain, by_hand(), registrations=())
    of = with_existing(plain, there)
    changes = [change for change in diff(of, there) if change.subject == "platform forensics"]
    assert [(change.action, change.account) for change in changes] == [
        (Action.REGISTER, AUDIT),
        (Action.BLOCKED, BILLING),
    ]
    assert "`rolecall adopt rolecall-CadoResponseRole --roles`" in changes[1].detail
    assert any("--roles" in note for note in notes(of, there))


def test_ours_comes_beside_what_is_there() -> None:
    of, there = laid(by_hand(), keep=False)
    before, after = read(by_hand().template), read(of.content.template)
    assert before is not None
    assert after is not None
    for section in ("Resources", "Parameters"):
        assert before[section].items() <= after[section].items()
    assert {"Role", "Policy1"} <= after["Resources"].keys()
    assert of.content.parameters["Who"] == "somebody"
    assert of.content.parameters["RoleName"] == "CadoResponseRole"
    update = diff(of, there)[0]
    told = {(found.what, found.before, found.after) for found in update.differences}
    assert (f"role in audit ({AUDIT})", str(own(AUDIT)), str(role(AUDIT))) in told


def replaced(of: Desired, there: Observed) -> list[Change]:
    return [change for change in diff(of, there) if change.action is Action.REPLACE_REGISTRATION]


def test_registrations_follow_and_say_from_what_to_what() -> None:
    there = tuple(registration(account, role=own(account)) for account in (AUDIT, BILLING))
    of, seen = laid(by_hand(), keep=False, registrations=there)
    changes = replaced(of, seen)
    assert {change.account for change in changes} == {AUDIT, BILLING}
    (difference,) = changes[0].differences
    assert (difference.before, difference.after) == (str(own(AUDIT)), str(role(AUDIT)))


def test_what_came_beside_stays_as_it_is() -> None:
    """Planned again over its own outcome, whatever of ours changes then."""
    of, _ = laid(by_hand(), keep=False)
    again, there = laid(of.content, keep=False)
    assert again.content == of.content
    assert not [change for change in diff(again, there) if change.action is Action.UPDATE_STACK_SET]
    rotated = desired(wanted=wanted(keep=False).model_copy(update={"role": config(role={"external_id": "next"}).role}))
    assert with_existing(replace(rotated, existing=EXISTING), there).cannot == ""


def test_without_the_key_what_was_there_goes() -> None:
    of, _ = laid(by_hand(), keep=False)
    plain = desired(wanted=config(deployment={"adopted_stack_set": ID}, targets={"management_account": False}))
    there = observed(plain, of.content)
    assert with_existing(plain, there) == plain
    (update,) = diff(plain, there)
    assert {(found.what, found.before) for found in update.differences} >= {("roles", "CadoRole")}


CLASHES = [
    ({"Resources": {"Role": {"Type": "AWS::IAM::Role"}}}, "resource Role"),
    ({"Parameters": {"Revision": {"Type": "String"}}}, "parameter Revision"),
    ({"Conditions": {"AccessIsTimed": {"Fn::Equals": ["a", "b"]}}}, "condition AccessIsTimed"),
    ({"Transform": "AWS::Include"}, "has macros"),
]


@pytest.mark.parametrize(("sections", "words"), CLASHES, ids=[words for _, words in CLASHES])
def test_what_cannot_stand_beside_is_blocked_before_anything(sections: dict[str, Any], words: str) -> None:
    of, there = laid(by_hand(**sections), keep=False)
    changes = diff(of, there, platforms_asked=False)
    assert {change.action for change in changes} == {Action.BLOCKED}
    assert words in changes[0].detail


@pytest.mark.parametrize("value", [EXTERNAL_ID, "****"])
def test_a_parameter_of_our_name_and_value_is_shared(value: str) -> None:
    content = by_hand(Parameters={"ExternalId": {"Type": "String"}})
    content = replace(content, parameters={"ExternalId": value})
    ours = desired(wanted=config()).content
    assert why_not_beside(content, ours) == ""
    assert why_not_beside(replace(content, parameters={"ExternalId": "other"}), ours) != ""


def test_roles_of_a_stack_set_that_is_gone_are_not_kept() -> None:
    plain = desired(wanted=wanted(keep=True))
    there = Observed(trusted_access=True)
    changes = diff(with_existing(plain, there), there, platforms_asked=False)
    assert {change.action for change in changes} == {Action.BLOCKED}
    assert "role.keep_existing" in changes[0].detail


@pytest.mark.parametrize("keep", [True, False])
def test_a_role_without_a_name_is_never_made_anew_for_drift(keep: bool) -> None:
    gone = ResourceDrift("CadoRole", "X", "AWS::IAM::Role", "DELETED")
    of, there = laid(by_hand(), keep=keep, drifts=(InstanceDrift(AUDIT, (gone,)),))
    (change,) = [change for change in diff(of, there) if change.account == AUDIT and "by hand" in change.detail]
    assert change.action is Action.BLOCKED


def test_an_account_that_leaves_takes_the_registration_of_its_own_role_along() -> None:
    section = {"organizational_units": ["/"], "exclude_accounts": [BILLING], "management_account": False}
    made = config(
        role={"existing_roles": "f", "keep_existing": True},
        targets=section,
        deployment={"adopted_stack_set": ID, "auto_deployment": {"enabled": False}},
    ).with_existing_roles(EXISTING)
    plain = desired(wanted=made)
    there = observed(plain, by_hand(), registrations=(registration(BILLING, role=own(BILLING)),))
    there = replace(there, instances=(instance(AUDIT), instance(BILLING)))
    leaving = [change.action for change in diff(with_existing(plain, there), there) if change.account == BILLING]
    assert leaving == [Action.DELETE_INSTANCE, Action.DEREGISTER]


def test_every_account_has_its_row() -> None:
    of, there = laid(by_hand(), keep=True)
    changes = diff(of, there)
    assert len(rows(of, there, changes, {})) == len(of.accounts)
