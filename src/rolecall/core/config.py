"""The config file as checked values. Pure: it is given text and gives a Config, or every problem at once.

The keys are documented in docs/reference/config.md, which is generated from these classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from rolecall.core import permission_groups
from rolecall.core.ids import AccountId, RoleArn, is_unit_id, parse_account_id

NO_EXTERNAL_ID = "none"
_WORDS_FOR_NONE = (NO_EXTERNAL_ID, "noexternalidrequired")
"""The second is the platform's own, in the parameter `ExternalID` of its StackSet template."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_KEY_SOURCES = ("env:", "file:", "secretsmanager:")


def _account_id(value: str) -> str:
    return parse_account_id(value)


def _role_arn(value: str) -> str:
    role = RoleArn.parse(value)
    if set(role.path) & set("*?$"):
        raise ValueError(f"{value!r} holds a wildcard or variable: a trust policy would trust other roles too")
    return str(role)


def _unit(value: str) -> str:
    if is_unit_id(value) or value.startswith("/"):
        return value.rstrip("/") or "/"
    raise ValueError(f"{value!r} is neither an id (r-…, ou-…-…) nor a path such as /Workloads/Prod")


AccountIdText = Annotated[str, AfterValidator(_account_id)]
RoleArnText = Annotated[str, AfterValidator(_role_arn)]
UnitText = Annotated[str, AfterValidator(_unit)]


def stack_set_name_for(role_name: str) -> str:
    """The stack set's name where the config gives none."""
    return ("rolecall-" + re.sub(r"[^A-Za-z0-9]+", "-", role_name)).strip("-")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class RoleSection(_Section):
    """The role, the same in every account."""

    name: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_+=,.@-]+$", max_length=64, description="The role's name, in every account")
    ]
    path: Annotated[
        str, Field(pattern=r"^/([A-Za-z0-9_+=,.@/-]+/)?$", max_length=512, description="The role's IAM path")
    ] = "/"
    trusted_principals: Annotated[
        list[RoleArnText],
        Field(min_length=1, max_length=10, description="The roles that may assume it: the platform's"),
    ]
    external_id: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_+=,.@:/-]+$",
            min_length=2,
            max_length=1224,
            description="What the platform must present; `none` (with external_id_reason), or the platform's "
            "own word NoExternalIdRequired, asks for nothing",
        ),
    ]
    external_id_reason: Annotated[str, Field(description="Why no external id is asked for", validate_default=True)] = ""
    max_session_hours: Annotated[int, Field(ge=1, le=12, description="MaxSessionDuration, in hours")] = 12
    permission_groups: Annotated[
        list[str], Field(min_length=1, description="What the platform may do; see docs/reference/permission-groups.md")
    ] = list(permission_groups.DEFAULTS)
    tags: Annotated[dict[str, str], Field(max_length=40, description="Tags of the role, its policies and stacks")] = {}

    @field_validator("permission_groups")
    @classmethod
    def _known_groups(cls, names: list[str]) -> list[str]:
        unknown = [name for name in names if name not in permission_groups.GROUPS]
        if unknown:
            raise ValueError(f"no permission group is called {', '.join(map(repr, unknown))}")
        return list(dict.fromkeys(names))

    @field_validator("external_id")
    @classmethod
    def _one_word_for_none(cls, external_id: str) -> str:
        return NO_EXTERNAL_ID if external_id.lower() in _WORDS_FOR_NONE else external_id

    @field_validator("external_id_reason")
    @classmethod
    def _reason_for_no_external_id(cls, reason: str, info: ValidationInfo) -> str:
        if info.data.get("external_id") == NO_EXTERNAL_ID and not reason.strip():
            raise ValueError("is needed with external_id: none: anybody whom the trusted role serves could use it")
        return reason

    @property
    def for_members(self) -> RoleSection:
        """The role in the accounts that are not the management account: without the groups that only that one gets."""
        groups = [name for name in self.permission_groups if not permission_groups.GROUPS[name].management_only]
        return self.model_copy(update={"permission_groups": groups})

    @property
    def asks_external_id(self) -> bool:
        return self.external_id != NO_EXTERNAL_ID


class TargetsSection(_Section):
    """Which accounts get the role."""

    organizational_units: Annotated[
        list[UnitText],
        Field(min_length=1, max_length=50, description="Ids, or paths such as /Workloads/Prod; / is all"),
    ]
    exclude_accounts: Annotated[
        list[AccountIdText], Field(description="Accounts under them that get no role; needs auto_deployment off")
    ] = []
    management_account: Annotated[bool, Field(description="The management account too, by a stack of its own")] = True


class AutoDeploymentSection(_Section):
    """What StackSets do when accounts come and go."""

    enabled: Annotated[bool, Field(description="Accounts that join a target unit get the role by themselves")] = True
    retain_on_removal: Annotated[bool, Field(description="Accounts that leave a target unit keep the role")] = False


class DeploymentSection(_Section):
    """How the role gets there."""

    permissions: Annotated[Literal["service-managed"], Field(description="The StackSets permission model")] = (
        "service-managed"
    )
    call_as: Annotated[
        Literal["self", "delegated-admin"], Field(description="self: the management account's credentials")
    ] = "self"
    management_profile: Annotated[
        str | None, Field(description="The profile for the management account's stack when call_as is delegated-admin")
    ] = None
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="Exactly one: IAM is global")] = (
        "us-east-1"
    )
    stack_set_name: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z][-A-Za-z0-9]*$", max_length=128, description="Made from the role's name unless given"),
    ] = None
    auto_deployment: AutoDeploymentSection = AutoDeploymentSection()
    failure_tolerance_percent: Annotated[
        int, Field(ge=0, le=100, description="How many accounts may fail before StackSets stop")
    ] = 10
    max_concurrent_percent: Annotated[int, Field(ge=1, le=100, description="How many accounts at a time")] = 100

    @field_validator("management_profile")
    @classmethod
    def _management_credentials(cls, profile: str | None, info: ValidationInfo) -> str | None:
        if profile and info.data.get("call_as") == "self":
            raise ValueError("is only for call_as: delegated-admin")
        return profile


class AssumeFromSection(_Section):
    """Who the platform is. Neither key: the credentials that the command runs with."""

    profile: Annotated[str | None, Field(description="A profile of the AWS config file")] = None
    role_arn: Annotated[RoleArnText | None, Field(description="A role to assume first")] = None

    @field_validator("role_arn")
    @classmethod
    def _one_of(cls, role_arn: str | None, info: ValidationInfo) -> str | None:
        if role_arn and info.data.get("profile"):
            raise ValueError("give profile or role_arn, not both")
        return role_arn


class CheckSection(_Section):
    """How the roll is called."""

    assume_from: AssumeFromSection = AssumeFromSection()
    regions: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]],
        Field(description="Regions whose use is simulated; deployment.region unless given"),
    ] = []
    concurrency: Annotated[int, Field(ge=1, le=500, description="How many accounts are asked at a time")] = 50


class PlatformSection(_Section):
    """A platform that the roles are registered with."""

    name: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=64, description="What this platform is called in output")
    ]
    url: Annotated[str, Field(description="Its address, without /api/v3")]
    api_key: Annotated[str, Field(description="Where the key is: env:NAME, file:/path or secretsmanager:<arn>")]
    account_name: Annotated[str, Field(description="How accounts are named there, of {name} and {id}")] = (
        "{name} ({id})"
    )
    deregister_departed: Annotated[
        bool,
        Field(
            description="Take out registrations of this role in accounts that are not in the organization. "
            "Only for a platform that serves this organization alone"
        ),
    ] = False

    @field_validator("url")
    @classmethod
    def _secure_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not an http(s) address")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("an address carries no user, password, query or fragment")
        if parts.port == 0:  # reading it raises ValueError for what is no port at all
            raise ValueError("port 0 is no address")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("the API key would travel in clear: use https")
        return url.rstrip("/").removesuffix("/api/v3")

    @field_validator("api_key")
    @classmethod
    def _key_is_elsewhere(cls, source: str) -> str:
        if not source.startswith(_KEY_SOURCES) or not source.split(":", 1)[1]:
            raise ValueError(
                "a config file holds no key: say where it is, env:NAME, file:/path or secretsmanager:<arn>"
            )
        return source

    @field_validator("account_name")
    @classmethod
    def _fields_known(cls, form: str) -> str:
        fields = [field for _, *field in Formatter().parse(form) if field[0] is not None]
        if any(field not in (["name", "", None], ["id", "", None]) for field in fields):
            raise ValueError("only {name} and {id} can stand in an account name, written just so")
        if ["id", "", None] not in fields:
            raise ValueError("an account name must contain {id}: names alone are not unique")
        return form

    def name_for(self, account_id: AccountId, account_name: str) -> str:
        return self.account_name.format(name=account_name, id=account_id)


class Config(_Section):
    """`rolecall.yaml`, checked."""

    version: Annotated[Literal[1], Field(description="The version of this file's form")]
    role: RoleSection
    targets: TargetsSection
    deployment: Annotated[DeploymentSection, Field(validate_default=True)] = DeploymentSection()
    check: CheckSection = CheckSection()
    platforms: list[PlatformSection] = []

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
        targets = info.data.get("targets")
        if targets and (problems := list(_misfits(targets, deployment))):
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return deployment

    @field_validator("platforms")
    @classmethod
    def _names_differ(cls, platforms: list[PlatformSection]) -> list[PlatformSection]:
        if len({platform.name for platform in platforms}) < len(platforms):
            raise ValueError("two have the same name")
        return platforms

    @property
    def stack_set_name(self) -> str:
        """The stack set's name, and that of the management account's stack."""
        return self.deployment.stack_set_name or stack_set_name_for(self.role.name)

    @property
    def check_regions(self) -> tuple[str, ...]:
        return tuple(self.check.regions) or (self.deployment.region,)

    @property
    def excluded(self) -> frozenset[AccountId]:
        return frozenset(AccountId(account) for account in self.targets.exclude_accounts)


def _misfits(targets: TargetsSection, deployment: DeploymentSection) -> Iterator[InitErrorDetails]:
    """What of the deployment cannot hold with the targets, each with its place under `deployment`."""
    if targets.exclude_accounts and deployment.auto_deployment.enabled:
        yield _misfit(
            (),
            "targets.exclude_accounts cannot hold with deployment.auto_deployment.enabled: "
            "AWS ignores account filters for accounts that come later",
        )
    delegated = deployment.call_as == "delegated-admin"
    if targets.management_account and delegated and not deployment.management_profile:
        yield _misfit(
            ("management_profile",),
            "is needed with call_as: delegated-admin while targets.management_account is true: "
            "without it the stack would land in the delegated administrator's own account",
        )


def _misfit(place: tuple[str, ...], message: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("misfit", message), loc=place, input=None)


def schema() -> dict[str, Any]:
    """The JSON schema of the file."""
    return Config.model_json_schema()
