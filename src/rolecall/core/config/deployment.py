"""The section `deployment`: how the role gets there. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from rolecall.core.config.base import AccountIdText, RegionText, RoleNameText, Section


class AutoDeploymentSection(Section):
    """What StackSets do when accounts come and go."""

    enabled: Annotated[bool, Field(description="Accounts that join a target unit get the role by themselves")] = True
    retain_on_removal: Annotated[bool, Field(description="Accounts that leave a target unit keep the role")] = False


class DeploymentSection(Section):
    """How the role gets there."""

    permissions: Annotated[
        Literal["service-managed", "self-managed"],
        Field(
            description="The StackSets permission model. self-managed: by two roles of your own, without trusted "
            "access and auto-deployment"
        ),
    ] = "service-managed"
    call_as: Annotated[
        Literal["self", "delegated-admin"], Field(description="self: the management account's credentials")
    ] = "self"
    management_profile: Annotated[
        str | None,
        Field(
            description="The profile for the management account's stack where the stack set is not administered from "
            "there: with call_as delegated-admin, or self-managed permissions"
        ),
    ] = None
    region: Annotated[RegionText, Field(description="Exactly one: IAM is global")] = "us-east-1"
    stack_set_name: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z][-A-Za-z0-9]*$", max_length=128, description="Made from the role's name unless given"),
    ] = None
    adopted_stack_set: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z][-A-Za-z0-9]*:[-A-Za-z0-9]+$",
            description="The StackSetId of one that somebody else made and that is ours from now on; `rolecall adopt` "
            "writes it",
        ),
    ] = None
    auto_deployment: Annotated[
        AutoDeploymentSection, Field(validate_default=True, description="Off with self-managed permissions")
    ] = AutoDeploymentSection()
    failure_tolerance_percent: Annotated[
        int, Field(ge=0, le=100, description="How many accounts may fail before StackSets stop")
    ] = 10
    max_concurrent_percent: Annotated[int, Field(ge=1, le=100, description="How many accounts at a time")] = 100
    removal_limit_percent: Annotated[
        int, Field(ge=0, le=100, description="A plan that takes the role from more than these, and 3 at least, stops")
    ] = 5
    let_go_of_departed: Annotated[
        bool,
        Field(
            description="Let go of the stack instances of accounts that left the organization: stack and role stay in "
            "the account, and are kept in the ledger"
        ),
    ] = False
    operations_in_flight: Annotated[
        int,
        Field(
            ge=1,
            description="StackSets' quota of instances worked on at once, over all stack sets of the administrator: "
            "more accounts are reached in batches. Say yours where AWS has raised it",
        ),
    ] = 10_000
    ledger: Annotated[
        str,
        Field(
            min_length=1,
            description="The file, beside this one, of what was left behind: stacks in suspended accounts, and others "
            "that no stack set lists any more. It is there only while there are such",
        ),
    ] = "rolecall.ledger.json"
    template_bucket: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
            description="An S3 bucket for templates over 51,200 bytes, and for `template --upload`",
        ),
    ] = None
    inspect_role: Annotated[
        RoleNameText | None,
        Field(
            description="A role to assume in the member accounts, such as OrganizationAccountAccessRole, to see before "
            "the first change whether the role's name is taken there; nothing is changed with it"
        ),
    ] = None
    administrator_account: Annotated[
        AccountIdText | None,
        Field(
            description="Where the stack set with self-managed permissions is: what `template --for execution-role` "
            "trusts; with it, other accounts' credentials are refused"
        ),
    ] = None
    administration_role: Annotated[RoleNameText, Field(description="That of self-managed permissions")] = (
        "AWSCloudFormationStackSetAdministrationRole"
    )
    execution_role: Annotated[RoleNameText, Field(description="That of self-managed permissions")] = (
        "AWSCloudFormationStackSetExecutionRole"
    )

    @property
    def service_managed(self) -> bool:
        return self.permissions == "service-managed"

    @field_validator("call_as")
    @classmethod
    def _as_whom(cls, call_as: str, info: ValidationInfo) -> str:
        if call_as != "self" and info.data.get("permissions") == "self-managed":
            raise ValueError("cannot hold with self-managed permissions: the stack set is the caller's own")
        return call_as

    @field_validator("management_profile")
    @classmethod
    def _management_credentials(cls, profile: str | None, info: ValidationInfo) -> str | None:
        if profile and info.data.get("call_as") == "self" and info.data.get("permissions") == "service-managed":
            raise ValueError("is only for call_as: delegated-admin, and for self-managed permissions")
        return profile

    @field_validator("auto_deployment")
    @classmethod
    def _is_there(cls, wanted: AutoDeploymentSection, info: ValidationInfo) -> AutoDeploymentSection:
        if info.data.get("permissions") != "self-managed" or not wanted.enabled:
            return wanted
        if "enabled" in wanted.model_fields_set:
            raise ValueError("cannot be enabled with self-managed permissions: StackSets do not have it there")
        return wanted.model_copy(update={"enabled": False})
