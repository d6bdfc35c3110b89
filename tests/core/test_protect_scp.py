"""The service control policy that protects the role, beside AWS's reference and its limits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from rolecall.core.config import Config
from rolecall.core.ids import home_region
from rolecall.core.policy import Policy
from rolecall.core.service_reference import AccessLevel, ServiceReference
from rolecall.core.template import protect_scp
from rolecall.errors import ConfigError
from rolecall.wiring.service_reference import service_reference
from tests.fakes.cloud import config

CHANGING = (AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS)
OF_LINKED_ROLES_ALONE = {"iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole"}
"""Under a path, /aws-service-role/, where nobody else can make a role."""
NO_WAY_TO_BECOME_A_USER = {
    "iam:AttachUserPolicy",
    "iam:ChangePassword",  # of oneself only
    "iam:CreateServiceSpecificCredential",  # for single services, not for IAM
    "iam:DeleteAccessKey",
    "iam:DeleteLoginProfile",
    "iam:DeleteSSHPublicKey",
    "iam:DeleteServiceSpecificCredential",
    "iam:DeleteSigningCertificate",
    "iam:DeleteUser",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:ResetServiceSpecificCredential",
    "iam:TagUser",
    "iam:UntagUser",
    "iam:UpdateSSHPublicKey",
    "iam:UpdateServiceSpecificCredential",
    "iam:UploadSSHPublicKey",  # for CodeCommit
}
OF_STACK_SETS_ALONE = {"cloudformation:ImportStacksToStackSet"}


@pytest.fixture(scope="module")
def reference() -> ServiceReference:
    return service_reference(["iam:*", "cloudformation:*"])


def changing(reference: ServiceReference, service: str, *kinds: str) -> set[str]:
    """The actions that change a resource of one of the kinds."""
    return {
        action.name
        for action in reference.actions.values()
        if action.service == service
        and action.level in CHANGING
        and {kind.name for kind in action.resource_types} & {*kinds}
    }


def statement(wanted: Config, sid: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in protect_scp.build(wanted)["Statement"] if entry["Sid"] == sid)
    return found


def with_break_glass(*arns: str, **role: Any) -> Config:
    return config(role={"break_glass_principals": list(arns), **role})


def test_every_action_of_iam_that_changes_a_role_or_a_policy_is_denied(reference: ServiceReference) -> None:
    denied = set(statement(config(), "KeepRole")["Action"])
    assert denied == changing(reference, "iam", "role", "policy") - OF_LINKED_ROLES_ALONE


def test_every_action_that_changes_a_stack_is_denied(reference: ServiceReference) -> None:
    denied = set(statement(config(), "KeepStacks")["Action"])
    assert denied == changing(reference, "cloudformation", "stack") - OF_STACK_SETS_ALONE


def test_every_way_to_become_a_user_is_denied_where_users_break_the_glass(reference: ServiceReference) -> None:
    users = changing(reference, "iam", "user")
    assert set(protect_scp.USER_ACTIONS) == users - NO_WAY_TO_BECOME_A_USER
    assert users >= NO_WAY_TO_BECOME_A_USER, "the list names what there is"
    denied = set(statement(with_break_glass("arn:aws:iam::*:user/ada"), "KeepRole")["Action"])
    assert denied >= set(protect_scp.USER_ACTIONS)
    assert "iam:CreateUser" not in statement(config(), "KeepRole")["Action"]


def test_whoever_is_exempt_is_protected_too() -> None:
    """Else an administrator makes a role of that name, or takes it over, and is exempt."""
    exempting = with_break_glass("arn:aws:iam::*:role/BreakGlass", "arn:aws:iam::222222222222:role/ops/Mend*")
    kept = statement(exempting, "KeepRole")
    exempt = kept["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert exempt == [
        "arn:aws:iam::*:role/stacksets-exec-*",
        "arn:aws:iam::*:role/BreakGlass",
        "arn:aws:iam::222222222222:role/ops/Mend*",
    ]
    assert set(exempt) <= set(kept["Resource"])
    assert statement(exempting, "KeepStacks")["Condition"] == kept["Condition"]


def test_the_executors_are_given() -> None:
    document = protect_scp.protection(config(), ["Execution"])
    kept = next(entry for entry in document["Statement"] if entry["Sid"] == "KeepRole")
    assert kept["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == ["arn:aws:iam::*:role/Execution"]
    assert "stacksets-exec" not in json.dumps(document)


def test_the_names_are_kept_under_every_path_and_the_partition_is_the_roles() -> None:
    principal = "arn:aws-us-gov:iam::111111111111:role/Platform"
    wanted = config(role={"path": "/cado/", "trusted_principals": [principal]}, deployment={"region": "us-gov-west-1"})
    kept = statement(wanted, "KeepRole")["Resource"]
    assert kept[:4] == [
        "arn:aws-us-gov:iam::*:role/CadoResponseRole",
        "arn:aws-us-gov:iam::*:role/*/CadoResponseRole",
        "arn:aws-us-gov:iam::*:policy/CadoResponseRole-*",
        "arn:aws-us-gov:iam::*:policy/*/CadoResponseRole-*",
    ]
    ours = statement(wanted, "PoliciesAreTheRoles")["NotResource"]
    assert ours == ["arn:aws-us-gov:iam::*:role/cado/CadoResponseRole"]
    assert '"arn:aws:' not in json.dumps(protect_scp.build(wanted))


def test_it_is_a_policy_and_the_same_bytes_every_time() -> None:
    arns = ["arn:aws:iam::*:role/B", "arn:aws:iam::*:role/A"]
    one, other = (protect_scp.render(protect_scp.build(with_break_glass(*given))) for given in (arns, arns[::-1]))
    assert one == other
    assert one.endswith("}\n")
    Policy.parse(one, source="protect", type="scp")


def break_glass(count: int, partition: str = "aws", kinds: Sequence[str] = ("role", "user")) -> list[str]:
    return [f"arn:{partition}:iam::*:{kinds[n % len(kinds)]}/{n:02}{'g' * 62}" for n in range(count)]


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_twenty_principals_with_long_names_fit(partition: str) -> None:
    role = {
        "name": "n" * 64,
        "trusted_principals": [f"arn:{partition}:iam::111111111111:role/Platform"],
        "break_glass_principals": break_glass(20, partition),
    }
    wanted = config(role=role, deployment={"region": home_region(partition)})
    text = protect_scp.render(protect_scp.build(wanted))
    assert len(text) <= protect_scp.MAX_CHARACTERS
    assert len(json.loads(text)["Statement"]) == 5


def test_white_space_goes_where_it_would_not_fit_with_it() -> None:
    long = [f"arn:aws:iam::*:role/{'p' * 95}/{n:02}" for n in range(20)]
    few, many = (protect_scp.render(protect_scp.build(with_break_glass(*arns))) for arns in (long[:1], long))
    assert few.count("\n") > 10
    assert many.count("\n") == 1
    assert len(many) <= protect_scp.MAX_CHARACTERS < len(json.dumps(json.loads(many), indent=2))


def test_what_does_not_fit_is_refused_with_its_size() -> None:
    long = [f"arn:aws:iam::*:role/{'p' * 400}/{n:02}" for n in range(20)]
    with pytest.raises(ConfigError) as caught:
        protect_scp.render(protect_scp.build(with_break_glass(*long)))
    assert "10,240" in caught.value.detail
    assert "break_glass_principals" in caught.value.hint
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::*:role/ops/*",
        "arn:aws:iam::*:user/${aws:username}",
        "arn:aws:iam::*:root",
        "arn:aws:sts::*:assumed-role/BreakGlass/*",
        "arn:aws:iam::1234:role/BreakGlass",
        "arn:aws-cn:iam::*:role/BreakGlass",
        "BreakGlass",
    ],
)
def test_nobody_is_everybody_and_the_partition_is_one(arn: str) -> None:
    with pytest.raises(ValidationError, match="break_glass_principals"):
        with_break_glass(arn)


@pytest.mark.parametrize("boundary", ["CadoResponseRole-bounds", "/ops/CadoResponseRole-1"])
def test_a_boundary_is_not_named_as_the_roles_own_policies(boundary: str) -> None:
    """StackSets' roles may write those, and so take the boundary away."""
    with pytest.raises(ValidationError, match="permissions_boundary"):
        config(role={"permissions_boundary": boundary})
    assert config(role={"permissions_boundary": "CadoResponseRoleBounds"})
