"""The templates' parameters: their values from the config as defaults, so that the console's "Next, Next" works. Pure.

Forms: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rolecall.core.config import RoleSection

ROLE_NAME = "RoleName"
FORMER_ROLE_NAME = "FormerRoleName"
EXTERNAL_ID = "ExternalId"
ADMINISTRATION_ROLE = "AdministrationRoleName"
EXECUTION_ROLE = "ExecutionRoleName"
ADMINISTRATOR_ACCOUNT = "AdministratorAccountId"
"""AWS's own name for it: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html"""
ACCESS_UNTIL = "AccessUntil"
ALWAYS = "always"
"""The value of AccessUntil that sets no end."""
ACCESS_IS_TIMED = "AccessIsTimed"
"""The condition that AccessUntil sets one."""

REVISION = "Revision"
"""At the end of the first Sid of every policy document: another value has CloudFormation write them all anew."""
REVISION_CHARACTERS = 8
"""Of a value that is given; room for them is kept in every document."""

MASKED = "****"
"""What CloudFormation tells of a parameter with NoEcho, in place of its value."""

NAME_FORM = "[A-Za-z0-9_+=,.@-]{1,64}"
EXTERNAL_ID_FORM = "[A-Za-z0-9_+=,.@:/-]{2,1224}"
_TIME_FORM = r"always|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"


def external_id_parameters(role: RoleSection) -> tuple[str, ...]:
    """The parameters' names: the present id first. An id may hold a comma, so that they are no list in one."""
    return tuple(
        EXTERNAL_ID if place == 0 else f"Former{EXTERNAL_ID}{place}" for place in range(len(role.external_ids))
    )


def parameters(role: RoleSection) -> dict[str, str]:
    """The values that a stack or stack set of the role's template is given: all, so that none keeps a former one."""
    ids = dict(zip(external_id_parameters(role), role.external_ids, strict=True))
    former = {FORMER_ROLE_NAME: role.former_name} if role.former_name else {}
    return {ROLE_NAME: role.name, **former, **ids, ACCESS_UNTIL: ALWAYS, REVISION: ""}


def filled(document: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """A template with its parameters' values as their defaults, so that the console's "Next, Next" works.

    What `apply` deploys goes without: there the values are given beside the template, and an external id stands in
    nothing that is compared or shown.
    """
    declared = {
        name: {"Type": told["Type"], "Default": values[name], **told} if name in values else told
        for name, told in document["Parameters"].items()
    }
    return {**document, "Parameters": declared}


def declared(role: RoleSection) -> dict[str, Any]:
    """Of the role's template."""
    revision = {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "[A-Za-z0-9]*",
        "ConstraintDescription": "letters and digits, or nothing",
        "Description": "Another value writes the role's policies anew, where they were changed by hand",
    }
    return {**role_names(role), **trusting(role), REVISION: revision}


def role_names(role: RoleSection) -> dict[str, Any]:
    told = "The role's name until now, under which it stays while the platform is moved"
    former = {FORMER_ROLE_NAME: role_name(role.former_name, told)} if role.former_name else {}
    return {ROLE_NAME: role_name(role.name), **former}


def trusting(role: RoleSection) -> dict[str, Any]:
    """Those that the trust policy asks for."""
    until = {
        "Type": "String",
        "Default": ALWAYS,
        "AllowedPattern": _TIME_FORM,
        "ConstraintDescription": "always, or a time in UTC such as 2030-01-31T18:00:00Z",
        "Description": "Until when the role may be assumed and used",
    }
    return {**external_ids(role), ACCESS_UNTIL: until}


def role_name(name: str, description: str = "The role's name; the same in every account") -> dict[str, Any]:
    return {
        "Type": "String",
        "Default": name,
        "AllowedPattern": NAME_FORM,
        "ConstraintDescription": "1 to 64 letters, digits and _+=,.@-",
        "Description": description,
    }


def account_id(default: str | None, description: str) -> dict[str, Any]:
    """Without a default the console asks for it."""
    return {
        "Type": "String",
        **({"Default": default} if default else {}),
        "AllowedPattern": r"\d{12}",
        "ConstraintDescription": "12 digits",
        "Description": description,
    }


def external_ids(role: RoleSection) -> dict[str, Any]:
    return {
        name: {
            "Type": "String",
            "AllowedPattern": EXTERNAL_ID_FORM,
            "ConstraintDescription": "2 to 1,224 letters, digits and _+=,.@:/-",
            "Description": "What the platform presents when it assumes the role"
            if name == EXTERNAL_ID
            else "A former external id, taken until the platform presents the present one",
        }
        for name in external_id_parameters(role)
    }


def timed_condition() -> dict[str, Any]:
    """The template's conditions."""
    return {ACCESS_IS_TIMED: {"Fn::Not": [{"Fn::Equals": [{"Ref": ACCESS_UNTIL}, ALWAYS]}]}}


def interface(groups: Sequence[tuple[str, Sequence[str]]], labels: Mapping[str, str]) -> dict[str, Any]:
    """How the console shows the parameters, by group.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-interface.html
    """
    shown = [(label, list(names)) for label, names in groups if names]
    return {
        "AWS::CloudFormation::Interface": {
            "ParameterGroups": [{"Label": {"default": label}, "Parameters": names} for label, names in shown],
            "ParameterLabels": {name: {"default": labels.get(name, name)} for _, names in shown for name in names},
        }
    }


def role_interface(role: RoleSection, *more: tuple[str, Sequence[str]]) -> dict[str, Any]:
    ids = external_id_parameters(role)
    named = [ROLE_NAME, *([FORMER_ROLE_NAME] if role.former_name else ())]
    labels = {
        ROLE_NAME: "Role name",
        FORMER_ROLE_NAME: "Former role name",
        ACCESS_UNTIL: "Access until",
        REVISION: "Revision of the policies",
    } | {name: "External id" if name == EXTERNAL_ID else "Former external id" for name in ids}
    shown = [("The role", named), ("Who may assume it", ids), ("For how long", [ACCESS_UNTIL])]
    return interface([*shown, *more], labels)
