"""The config file as checked values. Pure: it is given text and gives a Config, or every problem at once.

A module a section. The keys are documented in docs/reference/config.md, which is generated from these classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from rolecall.core.config.base import Section
from rolecall.core.config.check import AssumeFromSection, CheckSection
from rolecall.core.config.deployment import AutoDeploymentSection, DeploymentSection
from rolecall.core.config.platform import PlatformSection
from rolecall.core.config.role import NO_EXTERNAL_ID, RoleSection
from rolecall.core.config.targets import TargetsSection
from rolecall.core.existing_roles import Roles
from rolecall.core.ids import partition_of_region
from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.request import Context

__all__ = [
    "NO_EXTERNAL_ID",
    "AssumeFromSection",
    "AutoDeploymentSection",
    "CheckSection",
    "Config",
    "DeploymentSection",
    "PlatformSection",
    "RoleSection",
    "TargetsSection",
    "schema",
    "stack_set_name_for",
]


def stack_set_name_for(role_name: str) -> str:
    """The stack set's name where the config gives none."""
    return ("rolecall-" + re.sub(r"[^A-Za-z0-9]+", "-", role_name)).strip("-")


class Config(Section):
    """`rolecall.yaml`, checked."""

    version: Annotated[Literal[1], Field(description="The version of this file's form")]
    role: RoleSection
    targets: TargetsSection
    deployment: Annotated[DeploymentSection, Field(validate_default=True)] = DeploymentSection()
    check: Annotated[CheckSection, Field(validate_default=True)] = CheckSection()
    platforms: list[PlatformSection] = []

    _existing_roles: Roles = PrivateAttr(default_factory=dict)

    @field_validator("targets")
    @classmethod
    def _fit_the_groups(cls, targets: TargetsSection, info: ValidationInfo) -> TargetsSection:
        role = info.data.get("role")
        alone = [group.id for group in role.groups if group.management_only] if role else []
        if alone and not targets.management_account:
            message = f"cannot be false with {alone[0]}, which is for the management account's role alone"
            raise ValidationError.from_exception_data(cls.__name__, [_misfit(("management_account",), message)])
        return targets

    @field_validator("deployment", "check", "platforms", mode="before")
    @classmethod
    def _empty_is_default(cls, value: Any, info: ValidationInfo) -> Any:
        """A section of which every line is commented out reads as null."""
        if value is None and info.field_name:
            return cls.model_fields[info.field_name].get_default()
        return value

    @field_validator("deployment")
    @classmethod
    def _fits_the_targets(cls, deployment: DeploymentSection, info: ValidationInfo) -> DeploymentSection:
        targets, role = info.data.get("targets"), info.data.get("role")
        problems = [*(_misfits(targets, deployment) if targets else ())]
        problems += (*_unfit(role, deployment), *_renamed(role, deployment)) if role else ()
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return deployment

    @field_validator("check")
    @classmethod
    def _fits_the_trust(cls, check: CheckSection, info: ValidationInfo) -> CheckSection:
        role = info.data.get("role")
        if role and (problems := list(_untrusted(role, check.assume_from))):
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return check

    @field_validator("platforms")
    @classmethod
    def _names_differ(cls, platforms: list[PlatformSection]) -> list[PlatformSection]:
        if len({platform.name for platform in platforms}) < len(platforms):
            raise ValueError("two have the same name")
        return platforms

    def with_existing_roles(self, roles: Roles) -> Config:
        """With what the file `role.existing_roles` says."""
        config = self.model_copy()
        config._existing_roles = roles
        return config

    @property
    def existing_roles(self) -> Roles:
        """Account -> its role with a name of its own."""
        return self._existing_roles

    @property
    def stack_set_name(self) -> str:
        """The stack set's name, and that of the management account's stack."""
        return self.deployment.stack_set_name or stack_set_name_for(self.role.name)

    @property
    def partition(self) -> str:
        """Such as `aws-us-gov`: that of the Region, and so of the principals."""
        return partition_of_region(self.deployment.region)

    @property
    def check_regions(self) -> tuple[str, ...]:
        return tuple(self.check.regions) or (self.deployment.region,)


def _misfits(targets: TargetsSection, deployment: DeploymentSection) -> Iterator[InitErrorDetails]:
    """What of the deployment cannot hold with the targets, each with its place under `deployment`."""
    delegated = deployment.call_as == "delegated-admin"
    if targets.management_account and delegated and not deployment.management_profile:
        yield _misfit(
            ("management_profile",),
            "is needed with call_as: delegated-admin while targets.management_account is true: "
            "without it the stack would land in the delegated administrator's own account",
        )


def _unfit(role: RoleSection, deployment: DeploymentSection) -> Iterator[InitErrorDetails]:
    """What cannot hold with the role: its roles are of no stack set, or the Region is of another partition than the
    principals', across which nobody assumes a role."""
    partition = partition_of_region(deployment.region)
    if role.existing_roles and not deployment.adopted_stack_set:
        yield _misfit(("adopted_stack_set",), "is needed with role.existing_roles: roles of which stack set?")
    if role.trusted_principals and partition != role.partition:
        yield _misfit(("region",), f"is of partition {partition}, and the trusted principals are of {role.partition}")


def _renamed(role: RoleSection, deployment: DeploymentSection) -> Iterator[InitErrorDetails]:
    """A stack set that is called after the role would be another one under the role's new name."""
    if role.former_name and not deployment.stack_set_name:
        name = stack_set_name_for(role.former_name)
        message = f"is needed with role.former_name, so that the stack set stays: it is {name} unless you gave another"
        yield _misfit(("stack_set_name",), f"{message}. Keep it from then on")


def _untrusted(role: RoleSection, caller: AssumeFromSection) -> Iterator[InitErrorDetails]:
    """What the role's trust asks for and the roll call would not bring, each with its place under `check`."""
    wanted = role.trust.source_identity
    brought = caller.source_identity
    if wanted and not (brought and any(_like(brought, pattern) for pattern in wanted)):
        yield _misfit(("assume_from", "source_identity"), "is not like any of role.trust.source_identity")
    asked, tags = role.trust.session_tags, caller.session_tags
    for key in sorted(asked.keys() | tags.keys()):
        if key not in tags or (key in asked and not _like(tags[key], asked[key])):
            yield _misfit(("assume_from", "session_tags"), f"lack a {key} like that of role.trust.session_tags")
        elif key not in asked:
            yield _misfit(("assume_from", "session_tags"), f"hold {key}, which role.trust.session_tags does not")


def _like(value: str, pattern: str) -> bool:
    """As the trust policy's StringLike has it."""
    return Condition.parse("StringLike", "it", (pattern,), variables=False).holds(Context({"it": (value,)}))


def _misfit(place: tuple[str, ...], message: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("misfit", message), loc=place, input=None)


def schema() -> dict[str, Any]:
    """The JSON schema of the file."""
    return Config.model_json_schema()
