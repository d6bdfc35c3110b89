"""`iam:PassRole`: a call that gives a role to a service needs the right to pass it. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rolecall.sandbox.iam_terms.need import Names, Need
from rolecall.sandbox.wire import Call

_PASSED = {
    ("cloudformation", "AdministrationRoleARN"): "cloudformation.amazonaws.com",
    ("cloudformation", "RoleARN"): "cloudformation.amazonaws.com",
    ("ec2", "DeliverLogsPermissionArn"): "vpc-flow-logs.amazonaws.com",
    ("ecs", "executionRoleArn"): "ecs-tasks.amazonaws.com",
    ("ecs", "taskRoleArn"): "ecs-tasks.amazonaws.com",
    ("eks", "roleArn"): "eks.amazonaws.com",
    ("events", "RoleArn"): "events.amazonaws.com",
    ("lambda", "Role"): "lambda.amazonaws.com",
    ("states", "roleArn"): "states.amazonaws.com",
}
"""(service, parameter that holds a role's ARN) -> the service that it is passed to."""
_EC2 = "ec2.amazonaws.com"
_ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html"""


def needs(call: Call, names: Names) -> Iterator[Need]:
    for role, service in dict.fromkeys([*_given(call), *_in_profiles(call, names), *_by_default(call)]):
        yield Need("iam:PassRole", role, {"iam:PassedToService": (service,)})


def _given(call: Call) -> Iterator[tuple[str, str]]:
    for (service, parameter), passed_to in _PASSED.items():
        value = call.params.get(parameter) if service == call.service else None
        if isinstance(value, str) and ":role/" in value:
            yield value, passed_to


def _in_profiles(call: Call, names: Names) -> Iterator[tuple[str, str]]:
    """Of instances, and of a profile that is to hold a role."""
    account_id = call.caller.account_id
    if call.service == "ec2" and isinstance(call.params.get("IamInstanceProfile"), Mapping):
        profile: Mapping[str, Any] = call.params["IamInstanceProfile"]
        name = str(profile.get("Name") or profile.get("Arn") or "").rsplit("/", 1)[-1]
        yield from ((role, _EC2) for role in names.profile_roles(account_id, name))
    if (call.service, call.action) == ("iam", "AddRoleToInstanceProfile"):
        name = str(call.params.get("RoleName"))
        yield names.iam_arn(account_id, "role", name) or f"arn:aws:iam::{account_id}:role/{name}", _EC2


def _by_default(call: Call) -> Iterator[tuple[str, str]]:
    """A stack set with self-managed permissions that names no administration role takes this one."""
    self_managed = call.params.get("PermissionModel", "SELF_MANAGED") == "SELF_MANAGED"
    if call.action == "CreateStackSet" and self_managed and not call.params.get("AdministrationRoleARN"):
        yield f"arn:aws:iam::{call.caller.account_id}:role/{_ADMINISTRATION_ROLE}", "cloudformation.amazonaws.com"
