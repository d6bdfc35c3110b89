"""All default groups in one role, which asks about itself, against the platform's published acquisition policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from rolecall.core.permission_groups import GROUPS
from rolecall.core.service_reference import Action, ServiceReference
from rolecall.wiring.service_reference import service_reference
from tests.core.published import DEFAULTS, ROWS, Conditions

from .cases import REGION
from .conftest import Deployed, Fleet
from .test_simulation import OTHER_ACCOUNT, OTHER_VALUES, entry

OF_DEFAULTS = [row for row in ROWS if row[0] in DEFAULTS]
FREE = sorted({action for _, action, conditions in OF_DEFAULTS if not conditions})
GUARDED = [(action, conditions) for _, action, conditions in OF_DEFAULTS if conditions]
OF_ITSELF = ("iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRolePolicy", "iam:ListRolePolicies")
"""What account-check reads; it is published on everything, and given on the role itself."""
PLACES = ((REGION, "home"), ("eu-west-1", "home"), (REGION, "other"))
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@pytest.fixture
def defaults(fleet: Fleet) -> Deployed:
    return fleet.defaults()


def decisions(
    fleet: Fleet, deployed: Deployed, actions: Sequence[str], resources: Sequence[str], context: Mapping[str, str]
) -> dict[str, str]:
    answer = fleet.wire.client("iam", deployed.keys).simulate_principal_policy(
        PolicySourceArn=str(deployed.arn),
        ActionNames=list(actions),
        ResourceArns=list(resources),
        ContextEntries=[entry(key, value) for key, value in context.items()],
        MaxItems=1000,
    )
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def test_the_default_groups_are_the_published_ones() -> None:
    assert {group.id for group in GROUPS.values() if group.default} == set(DEFAULTS)


@pytest.mark.parametrize("action", FREE)
def test_what_is_published_without_conditions_is_allowed_on_whatever_it_is_for(
    fleet: Fleet, defaults: Deployed, action: str
) -> None:
    resources = list(plausible(defaults, action))
    assert resources
    assert decisions(fleet, defaults, [action], resources, {}) == {action: "allowed"}


@pytest.mark.parametrize(("action", "conditions"), GUARDED)
def test_what_is_published_under_conditions_is_allowed_under_them_alone(
    fleet: Fleet, defaults: Deployed, action: str, conditions: Conditions
) -> None:
    context = {key: value for keys in conditions.values() for key, value in keys.items()}
    resources = list(plausible(defaults, action))
    assert decisions(fleet, defaults, [action], resources, context) == {action: "allowed"}
    for key in context:
        for other in ({}, {key: OTHER_VALUES[key]}):
            left = {known: value for known, value in context.items() if known != key} | other
            for resource in ("*", *resources):
                assert decisions(fleet, defaults, [action], [resource], left) == {action: "implicitDeny"}


def test_nothing_is_allowed_that_is_not_published(fleet: Fleet, defaults: Deployed) -> None:
    """But reading the role back. All actions of AWS are asked, under every condition at once."""
    context = {key: value for _, conditions in GUARDED for keys in conditions.values() for key, value in keys.items()}
    names = [action.name for action in reference().actions.values()]
    allowed = {
        action
        for start in range(0, len(names), 1000)
        for action, decision in decisions(fleet, defaults, names[start : start + 1000], ["*"], context).items()
        if decision == "allowed"
    }
    scoped = {*OF_ITSELF, "iam:SimulatePrincipalPolicy", "ssm:SendCommand"}
    assert allowed == {action for _, action, _ in OF_DEFAULTS} - scoped


def plausible(deployed: Deployed, action: str) -> Iterator[str]:
    """ARNs of every kind that AWS's reference says that the action takes: in two Regions, and of another account."""
    role = str(deployed.arn)
    if action in (*OF_ITSELF, "iam:SimulatePrincipalPolicy"):
        policy = role.replace(":role/", ":policy/")
        yield from (f"{policy}-1", f"{policy}-2") if "GetPolicy" in action else (role,)
    elif action == "ssm:SendCommand":
        for region in (REGION, "eu-west-1"):
            yield f"arn:aws:ec2:{region}:{deployed.arn.account}:instance/i-0123456789abcdef0"
            yield f"arn:aws:ssm:{region}::document/AWS-RunShellScript"
            yield f"arn:aws:ssm:{region}::document/AWS-RunPowerShellScript"
    else:
        yield from _of_every_kind(reference().actions[action.lower()], deployed.arn.account)


def _of_every_kind(action: Action, home: str) -> Iterator[str]:
    if not action.resource_types:
        yield "*"
    for kind in action.resource_types:
        for region, whose in PLACES:
            known = {"Partition": "aws", "Region": region, "Account": home if whose == "home" else OTHER_ACCOUNT}
            yield _PLACEHOLDER.sub(lambda found, known=known: known.get(found[1], "some-name"), kind.arn)  # type: ignore[misc]


@cache
def reference() -> ServiceReference:
    return service_reference(["*"])


def test_the_commands_are_those_of_the_two_documents(fleet: Fleet, defaults: Deployed) -> None:
    others: tuple[Any, ...] = (
        f"arn:aws:ssm:{REGION}::document/AWS-RunRemoteScript",
        f"arn:aws:ssm:{REGION}:{defaults.arn.account}:document/AWS-RunShellScript",
        f"arn:aws:ec2:{REGION}:{OTHER_ACCOUNT}:instance/i-0123456789abcdef0",
        f"arn:aws:ssm:{REGION}:{defaults.arn.account}:managed-instance/mi-0123456789abcdef0",
    )
    for resource in others:
        assert decisions(fleet, defaults, ["ssm:SendCommand"], [resource], {}) == {"ssm:SendCommand": "implicitDeny"}
