"""What a scenario may hold: an organization, and what happens in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.limits.stack_sets import StackSetLimits


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AccountSpec(_Part):
    """An account, or just its name. An id or email left out is derived from seed and name."""

    name: str = Field(min_length=1, max_length=50, description="As Organizations tells it; unique here")
    id: str | None = Field(default=None, pattern=r"^\d{12}$", description="Twelve digits; else made from the seed")
    email: str | None = Field(default=None, description="Else aws+NUMBER@example.com")
    state: Literal["PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"] = Field(
        default="ACTIVE", description="Account.State"
    )
    tags: dict[str, str] = Field(default={}, description="As ListTagsForResource tells them")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(core_schema))
        name = {"type": "string", "minLength": 1, "maxLength": 50, "description": "Its name"}
        return {"anyOf": [name, whole]}


class UnitSpec(_Part):
    """An organizational unit with its accounts and the units below it."""

    name: str = Field(min_length=1, max_length=128, pattern=r"^[^/]+$", description="Unique beside its siblings")
    accounts: tuple[AccountSpec, ...] = ()
    units: tuple[UnitSpec, ...] = ()


class OrganizationSpec(_Part):
    """The organization. `speed` scales simulated durations: 0 is without waiting."""

    management: AccountSpec = Field(default=AccountSpec(name="management"), description="May be left out")
    id: str | None = Field(default=None, pattern=r"^o-[a-z0-9]{10,32}$", description="Else made from the seed")
    region: str = Field(
        default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="What the printed profiles call"
    )
    seed: int = Field(default=0, description="Decides every id that the file does not give, and which calls faults hit")
    speed: float = Field(default=1.0, ge=0, description="How fast AWS works: 10 is ten times faster, 0 takes no time")
    exists: bool = Field(default=True, description="False: somebody has to call CreateOrganization first")
    account_limit: int = Field(default=50_000, ge=1, description="CreateAccount is refused beyond it")
    accounts: tuple[AccountSpec, ...] = ()
    units: tuple[UnitSpec, ...] = ()


class ScpSpec(_Part):
    """A service control policy. A target is a unit's path (`/Workloads/Prod`; `/` is the root) or an account's name."""

    name: str = Field(description="As denials name it")
    description: str = Field(default="", description="For people")
    document: dict[str, Any] = Field(description="The policy, as YAML or JSON")
    targets: tuple[str, ...] = Field(default=(), description="What it is attached to")


class RcpSpec(ScpSpec):
    """A resource control policy, with targets as a service control policy's."""


class RoleSpec(_Part):
    """A role that exists already, made by somebody else. `account` is an account's name."""

    account: str = Field(description="An account's name")
    name: str = Field(pattern=r"^[\w+=,.@-]{1,64}$", description="RoleName")
    trust: dict[str, Any] = Field(description="The trust policy")
    description: str = Field(default="", description="As GetRole tells it")
    inline_policies: dict[str, dict[str, Any]] = Field(default={}, description="Policies by name")
    managed_policies: tuple[str, ...] = Field(default=(), description="ARNs, AWS's own among them")


class PlatformSpec(_Part):
    """The platform's own account, which is outside the organization, and the role by which it reaches others."""

    account: str = Field(default="111111111111", pattern=r"^\d{12}$", description="Its account id")
    role: str = Field(default="CadoResponsePlatform", description="The role whose session is the profile `platform`")
    assumes: str = Field(
        default="arn:aws:iam::*:role/*CadoResponse*", description="The roles that it may assume, by its own policy"
    )


class LaterSpec(_Part):
    """Something that happens by itself: an API call, `after_seconds` of calendar time or `after_call` of somebody:
    one of the two.

    In `params`, `${account:NAME}` and `${unit:/Path}` stand for ids. `by` is an account's name; the management account,
    if left out.
    """

    call: str = Field(
        pattern=r"^[a-z0-9-]+:[A-Z]\w+$", description="service:Operation, such as organizations:CloseAccount"
    )
    params: dict[str, Any] = Field(default={}, description="Of the call, in the API's own names")
    by: str | None = Field(default=None, description="The account that calls, by name; else the management account")
    after_seconds: float | None = Field(default=None, ge=0, description="Of calendar time, from the start on")
    after_call: str | None = Field(
        default=None, pattern=r"^[a-z0-9-]+:[A-Z]\w+$", description="The first such call of anybody sets it off"
    )
    delay_seconds: float = Field(default=0, ge=0, description="From after_call on")


class SwitchesSpec(_Part):
    """Ways in which AWS's answers vary, and what is off unless asked for."""

    paths: bool = Field(default=True, description="Account.Paths is told; older endpoints leave it out")
    account_status: bool = Field(
        default=False, description="Account.Status is told, as before 2026-09-09, for tools that still read it"
    )
    empty_pages: bool = Field(default=False, description="Lists begin with an empty page and a token")
    stack_set_lists_lag_seconds: float = Field(
        default=0, ge=0, description="How far behind ListStackSetOperations and ListStackSetOperationResults are"
    )
    trusted_access: bool = Field(default=True, description="StackSets may work in the organization")
    quotas: Literal["none", "aws"] = Field(default="none", description="aws: throttle at AWS's published rates")
    latency_ms: float = Field(default=0, ge=0, description="Real time that every call takes longer")


class Scenario(_Part):
    """A whole scenario file. The same file and seed give the same organization, ids included."""

    version: Literal[1] = Field(default=1, description="Of this format")
    organization: OrganizationSpec
    scps: tuple[ScpSpec, ...] = ()
    rcps: tuple[RcpSpec, ...] = ()
    roles: tuple[RoleSpec, ...] = ()
    platform: PlatformSpec = PlatformSpec()
    switches: SwitchesSpec = SwitchesSpec()
    stack_set_limits: StackSetLimits = StackSetLimits()
    delegated_administrators: tuple[str, ...] = Field(
        default=(), max_length=5, description="Accounts, by name, that administer stack sets"
    )
    faults: tuple[FaultRule, ...] = ()
    later: tuple[LaterSpec, ...] = ()
    webhooks: tuple[str, ...] = Field(default=(), description="URLs that every event is posted to")

    def placed_accounts(self) -> Iterator[tuple[tuple[str, ...], AccountSpec]]:
        """Every member account with the names of the units that lead to it."""
        yield from (((), account) for account in self.organization.accounts)
        for path, unit in self.placed_units():
            yield from ((path, account) for account in unit.accounts)

    def placed_units(self) -> Iterator[tuple[tuple[str, ...], UnitSpec]]:
        """Every unit with the names that lead to it, its own last; parents first."""
        yield from _walk(self.organization.units, ())


def _walk(units: Iterable[UnitSpec], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], UnitSpec]]:
    for unit in units:
        path = (*above, unit.name)
        yield path, unit
        yield from _walk(unit.units, path)
