"""A former role goes when the config has it no longer and no platform is registered with it, and not before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from rolecall.core.config import Config
from rolecall.core.desired import Desired
from rolecall.core.diff import diff
from rolecall.core.observed import Observed
from rolecall.core.operator_policy import policy_of
from rolecall.core.plan import Action
from rolecall.core.registrations import is_ours
from rolecall.core.renaming import renaming_notes, settled
from rolecall.core.template import execution_role, protect_scp
from tests.fakes.cloud import config

from .worlds import AUDIT, BILLING, desired, registration, role, stack_set
from .worlds import settled as settled_world

OLD, NEW = "CadoResponseRole", "CadoResponseRole2"
BOTH: dict[str, Any] = {"name": NEW, "former_name": OLD}


def wanted(**changes: Any) -> Config:
    return config(role=changes, deployment={"stack_set_name": "rolecall-CadoResponseRole"})


def seen(config: Config, observed: Observed) -> Desired:
    return settled(config, desired(wanted=config), observed)


def with_both(*registered: str) -> Observed:
    """Both roles are deployed, and these are registered in the accounts audit and billing."""
    there = desired(wanted=wanted(**BOTH))
    there = replace(there, management_content=there.content)
    found = [
        registration(account, role=role(account, name))
        for account, name in zip((AUDIT, BILLING), registered, strict=False)
    ]
    return settled_world(there, stack_set=stack_set(there), registrations=tuple(found))


def blocked(config: Config, observed: Observed) -> list[str]:
    return [
        f"{change.subject}: {change.detail}"
        for change in diff(seen(config, observed), observed)
        if change.action is Action.BLOCKED
    ]


def test_a_former_role_that_is_registered_stays_and_that_is_said() -> None:
    observed = with_both(OLD, NEW)
    (said,) = blocked(wanted(name=NEW), observed)
    assert said.startswith(f"role {OLD}: role.former_name was taken out, and the role is still registered with")
    assert "forensics in 1 account:" in said
    found = seen(wanted(name=NEW), observed)
    assert observed.stack_set
    assert found.content == observed.stack_set.content, "nothing is changed"
    assert is_ours(found.accounts[AUDIT], registration(AUDIT)), "so that it is registered anew"


def test_one_that_is_registered_nowhere_goes() -> None:
    observed = with_both(NEW, NEW)
    assert blocked(wanted(name=NEW), observed) == []
    actions = {change.action for change in diff(seen(wanted(name=NEW), observed), observed)}
    assert {Action.UPDATE_STACK_SET, Action.UPDATE_STACK} <= actions
    assert OLD not in seen(wanted(name=NEW), observed).content.parameters.values()


def test_while_the_config_has_it_nothing_is_held() -> None:
    assert blocked(wanted(**BOTH), with_both(OLD, OLD)) == []


def test_a_registration_outside_the_organization_holds_nothing() -> None:
    observed = with_both(NEW, NEW)
    elsewhere = replace(registration(AUDIT), account=None, role=role(AUDIT, OLD))
    assert blocked(wanted(name=NEW), replace(observed, registrations=(*observed.registrations, elsewhere))) == []


def test_each_stack_has_its_own_place() -> None:
    """The management account's may have failed a step that the stack set made."""
    first = desired(wanted=wanted())
    observed = with_both(OLD, OLD)
    assert observed.management_stack
    stack = replace(observed.management_stack, content=first.management_content)
    found = seen(wanted(**BOTH), replace(observed, management_stack=stack))
    assert "SecondRole" in found.content.template
    assert "SecondRole" in found.management_content.template
    last = settled(wanted(name=NEW), desired(wanted=wanted(name=NEW)), replace(observed, management_stack=None))
    assert "SecondRole" in last.content.template
    assert "SecondRole" not in last.management_content.template, "one that is made is made in the first place"


def test_accounts_that_leave_lose_their_registrations_under_either_name() -> None:
    observed = with_both(OLD)
    gone = config(
        role=BOTH,
        deployment={"stack_set_name": "rolecall-CadoResponseRole", "auto_deployment": {"enabled": False}},
        targets={"exclude_accounts": [AUDIT]},
    )
    changes = diff(seen(gone, observed), observed)
    assert [(change.action, change.account) for change in changes if change.action is Action.DEREGISTER] == [
        (Action.DEREGISTER, AUDIT)
    ]


def test_a_stack_set_that_would_be_left_is_told_by_what_is_registered() -> None:
    """Such as after another role.name without a name for the stack set."""
    renamed = config(role={"name": NEW})
    nothing = replace(settled_world(desired()), stack_set=None, management_stack=None, instances=())
    (note,) = renaming_notes(desired(wanted=renamed), nothing)
    assert note.startswith(f"platform forensics has 3 accounts with another role, {OLD}, under the names that we give")
    assert list(renaming_notes(desired(), nothing)) == []


def test_a_platform_that_tells_no_roles_is_to_be_looked_into_before_the_former_goes() -> None:
    observed = replace(with_both(), registrations=(registration(AUDIT, role=None),))
    (note,) = renaming_notes(seen(wanted(name=NEW), observed), observed)
    assert note.startswith(f"role {OLD} goes, and platform forensics does not say with which role it has 1 account:")
    assert list(renaming_notes(seen(wanted(**BOTH), observed), observed)) == []
    told = with_both(NEW, NEW)
    assert list(renaming_notes(seen(wanted(name=NEW), told), told)) == []


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ({"former_name": "cadoresponserole"}, "is the name itself: to IAM capitals make no other name"),
        ({"logical_id": "SecondRole"}, "begins with Second"),
        ({"former_name": "Old", "permissions_boundary": "ir/Old-1"}, "is named as the role's own policies are, Old-…"),
        ({"former_name": "Old"}, "is needed with role.former_name, so that the stack set stays: it is rolecall-Old"),
    ],
)
def test_what_cannot_be_a_renaming_is_refused(role: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        config(role=role)
    assert message in str(caught.value)


def named(document: dict[str, Any]) -> set[str]:
    text = json.dumps(document)
    return {name for name in (OLD, NEW) if f'/{name}"' in text and f'/{name}-*"' in text}


def test_whoever_deploys_or_protects_the_role_has_both_names() -> None:
    for changes in ({"name": NEW}, BOTH):
        names = set(changes.values())
        assert named(policy_of(wanted(**changes), "apply")) == names
        assert named(protect_scp.build(wanted(**changes))) == names
        assert named(execution_role.build(wanted(**changes))) == names
