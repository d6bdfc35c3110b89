"""The least policy of a command, for one deployment or config: whose credentials need what. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rolecall.core.config import Config
from rolecall.core.operator_right import (
    ACCOUNT_TAGS,
    DELEGATED,
    INSPECT_ROLE,
    PERMISSIONS_BOUNDARY,
    SELF_MANAGED,
    TEMPLATE_BUCKET,
    Right,
    Whose,
)
from rolecall.core.operator_rights import MANAGEMENT_ALONE, RIGHTS

MAX_CHARACTERS = 6_144
"""Of a managed policy, white space aside. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def policy(
    command: str,
    *,
    stack_set: str,
    role_name: str,
    role_path: str = "/",
    partition: str = "aws",
    bucket: str | None = None,
    boundary: bool = False,
    account_tags: bool = False,
    delegated: bool = False,
    administration_role: str | None = None,
    inspect_role: str | None = None,
    former_role_name: str | None = None,
) -> dict[str, Any]:
    """The IAM policy document of a command, for one deployment: `boundary` says whether it has ever had one."""
    values = {
        "${Partition}": partition,
        "${StackSet}": stack_set,
        "${RolePath}": role_path,
        "${Bucket}": bucket or "",
        "${AdministrationRole}": administration_role or "",
        "${InspectRole}": inspect_role or "",
    }
    given = {
        "": True,
        TEMPLATE_BUCKET: bool(bucket),
        PERMISSIONS_BOUNDARY: boundary,
        ACCOUNT_TAGS: account_tags,
        DELEGATED: delegated,
        SELF_MANAGED: bool(administration_role),
        INSPECT_ROLE: bool(inspect_role),
    }
    names = [role_name, *([former_role_name] if former_role_name else [])]
    statements = [_statement(right, values, names) for right in RIGHTS[command] if given[right.only_with]]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(right: Right, values: Mapping[str, str], role_names: Sequence[str]) -> dict[str, Any]:
    """Of a role that is renamed, with both names."""
    filled = (_filled(resource, {**values, "${RoleName}": name}) for resource in right.resources for name in role_names)
    resources = list(dict.fromkeys(filled))
    return {"Sid": right.sid, "Effect": "Allow", "Action": list(right.actions), "Resource": resources}


def _filled(resource: str, values: Mapping[str, str]) -> str:
    for placeholder, value in values.items():
        resource = resource.replace(placeholder, value)
    return resource


def policy_of(config: Config, command: str, whose: Whose = Whose.OPERATOR) -> dict[str, Any]:
    """The policy document. One person holds all of it unless the administrator of the stack set is a delegate.

    Asked for on its own, the management account's part holds its stack and role alone.
    """
    deployment = config.deployment
    document = policy(
        command,
        stack_set=config.stack_set_name,
        role_name=config.role.name,
        former_role_name=config.role.former_name,
        role_path=config.role.path,
        partition=config.partition,
        bucket=deployment.template_bucket,
        boundary=config.role.permissions_boundary is not None,
        account_tags=bool(config.targets.account_tags),
        delegated=deployment.call_as == "delegated-admin",
        administration_role=None if deployment.service_managed else deployment.administration_role,
        inspect_role=deployment.inspect_role,
    )
    if not deployment.management_profile:
        return document
    return {**document, "Statement": [found for found in document["Statement"] if _is_for(whose, found["Sid"])]}


def policy_of_all(config: Config, whose: Whose = Whose.OPERATOR) -> dict[str, Any]:
    """One policy for every command: a statement for each set of resources, with no action in it twice."""
    actions: dict[tuple[str, ...], dict[str, None]] = {}
    sids: dict[tuple[str, ...], str] = {}
    for command in RIGHTS:
        for statement in policy_of(config, command, whose)["Statement"]:
            resources = tuple(statement["Resource"])
            sids.setdefault(resources, statement["Sid"])
            actions.setdefault(resources, {}).update(dict.fromkeys(statement["Action"]))
    statements = [
        {"Sid": sids[resources], "Effect": "Allow", "Action": sorted(named), "Resource": list(resources)}
        for resources, named in actions.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _is_for(whose: Whose, sid: str) -> bool:
    """Both put large templates into the bucket."""
    if whose is Whose.MANAGEMENT:
        return sid in MANAGEMENT_ALONE or sid == "TemplateBucket"
    return sid not in MANAGEMENT_ALONE


def excess(document_text: str) -> int:
    """By how many characters a document is longer than one managed policy may be; 0 where it is not."""
    return max(0, len("".join(document_text.split())) - MAX_CHARACTERS)
