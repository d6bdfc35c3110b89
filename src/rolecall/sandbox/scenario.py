"""An organization described in one YAML file. `parse_scenario` is pure; `load_scenario` reads the one file it is given.

All problems of a file are told at once, each with its line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rolecall.errors import ConfigError, Problem
from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.limits.stack_sets import StackSetLimits
from rolecall.sandbox.organization import MAX_DEPTH

Location = tuple[str | int, ...]
Finding = tuple[Location, str]
"""Where in a scenario something is wrong, and what."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AccountSpec(_Part):
    """A member account. An id or email left out is derived from seed and name."""

    name: str = Field(min_length=1, max_length=50, description="As Organizations tells it; unique here")
    id: str | None = Field(default=None, pattern=r"^\d{12}$", description="Twelve digits; else made from the seed")
    email: str | None = Field(default=None, description="Else aws+NUMBER@example.com")
    state: Literal["PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"] = Field(
        default="ACTIVE", description="Account.State"
    )
    tags: dict[str, str] = Field(default={}, description="As ListTagsForResource tells them")


class UnitSpec(_Part):
    """An organizational unit with its accounts and the units below it. An account may be given as just its name."""

    name: str = Field(min_length=1, max_length=128, pattern=r"^[^/]+$", description="Unique beside its siblings")
    accounts: tuple[AccountSpec, ...] = ()
    units: tuple[UnitSpec, ...] = ()

    @field_validator("accounts", mode="before")
    @classmethod
    def _named_accounts(cls, value: Any) -> Any:
        return _with_names(value)


class OrganizationSpec(_Part):
    """The organization. `speed` scales simulated durations: 0 is without waiting."""

    management: AccountSpec = AccountSpec(name="management")
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

    @field_validator("accounts", mode="before")
    @classmethod
    def _named_accounts(cls, value: Any) -> Any:
        return _with_names(value)


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
    """Something that happens by itself: an API call, `after_seconds` of calendar time or `after_call` of somebody.

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


def shipped_scenarios() -> tuple[str, ...]:
    """The names of the scenarios that come with the package."""
    folder = resources.files("rolecall.sandbox") / "scenarios"
    return tuple(sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml")))


Check = Callable[[Scenario], Iterable[Finding]]
"""What else a scenario is checked for, by what this module may not know."""


def load_scenario(name_or_path: str, also: Sequence[Check] = ()) -> Scenario:
    """A shipped scenario by its name, or a file. Raises ConfigError."""
    if name_or_path in shipped_scenarios():
        file = resources.files("rolecall.sandbox") / "scenarios" / f"{name_or_path}.yaml"
        return parse_scenario(file.read_text("utf-8"), f"{name_or_path}.yaml", also)
    try:
        text = Path(name_or_path).read_text("utf-8")
    except OSError as error:
        shipped = ", ".join(shipped_scenarios())
        hint = f"Name a YAML file, or one of the shipped scenarios: {shipped}."
        raise ConfigError(f"Cannot read the scenario {name_or_path}", detail=str(error), hint=hint) from error
    return parse_scenario(text, name_or_path, also)


def parse_scenario(text: str, file: str, also: Sequence[Check] = ()) -> Scenario:
    """Raises ConfigError with every problem of `text`; `file` is what the problems name."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        problem = Problem(file, line, "", error.problem or "This is not YAML")
        raise _refused(f"The scenario {file}", [problem]) from error
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        found = ((tuple(item["loc"]), item["msg"]) for item in error.errors())
        raise _refused(f"The scenario {file}", _problems(root, file, found)) from error
    checks: Sequence[Check] = (_contradictions, *also)
    problems = _problems(root, file, (finding for check in checks for finding in check(scenario)))
    if problems:
        raise _refused(f"The scenario {file}", problems)
    return scenario


def refusal(findings: Iterable[Finding]) -> ConfigError:
    """For a scenario that no file tells the lines of."""
    return _refused("The scenario", _problems(None, "scenario", findings))


def _refused(what: str, problems: list[Problem]) -> ConfigError:
    detail = "\n".join(str(problem) for problem in problems)
    return ConfigError(f"{what} cannot be used", tuple(problems), detail=detail)


def _problems(root: yaml.Node | None, file: str, found: Iterable[Finding]) -> list[Problem]:
    problems = [Problem(file, _line_of(root, place), ".".join(map(str, place)), message) for place, message in found]
    return sorted(problems, key=lambda problem: problem.line or 0)


def _line_of(node: yaml.Node | None, place: Location) -> int | None:
    """The line, from 1, of the deepest part of `place` that the file has."""
    if node is None:
        return None
    line = int(node.start_mark.line) + 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                return line
            line, node = int(found[0].start_mark.line) + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = int(node.start_mark.line) + 1
    return line


def _contradictions(scenario: Scenario) -> Iterator[Finding]:
    accounts = [account for _, account in scenario.placed_accounts()]
    accounts.append(scenario.organization.management)
    names = {account.name for account in accounts}
    yield from _repeated("account name", (account.name for account in accounts))
    yield from _repeated("account id", (account.id for account in accounts if account.id))
    paths = [path for path, _ in scenario.placed_units()]
    yield from _repeated("unit", ("/" + "/".join(path) for path in paths))
    for path in paths:
        if len(path) > MAX_DEPTH:
            yield ("organization", "units"), f"/{'/'.join(path)} is deeper than {MAX_DEPTH} levels"
    targets = names | {"/" + "/".join(path) for path in paths} | {"/"}
    for key, policies in (("scps", scenario.scps), ("rcps", scenario.rcps)):
        for index, policy in enumerate(policies):
            for number, target in enumerate(policy.targets):
                if target not in targets:
                    yield (key, index, "targets", number), f"{target!r} is neither a unit's path nor an account's name"
    yield from _unknown_names(scenario, names)
    if not scenario.organization.exists and len(accounts) > 1:
        yield ("organization", "exists"), "there cannot be member accounts before there is an organization"
    for index, role in enumerate(scenario.roles):
        if role.account not in names:
            yield ("roles", index, "account"), f"{role.account!r} is not the name of an account"


def _unknown_names(scenario: Scenario, names: Collection[str]) -> Iterator[Finding]:
    for index, name in enumerate(scenario.delegated_administrators):
        if name not in names:
            yield ("delegated_administrators", index), f"{name!r} is not the name of an account"
    for index, later in enumerate(scenario.later):
        if later.by is not None and later.by not in names and later.after_call is None:
            yield ("later", index, "by"), f"{later.by!r} is not the name of an account"
        if (later.after_seconds is None) == (later.after_call is None):
            yield ("later", index), "give after_seconds or after_call, one of the two"
    for index, rule in enumerate(scenario.faults):
        if rule.account is not None and rule.account not in names and not rule.account.isdecimal():
            yield ("faults", index, "account"), f"{rule.account!r} is neither an account's name nor an id"


def _repeated(what: str, values: Iterable[str]) -> Iterator[Finding]:
    for value, count in Counter(values).items():
        if count > 1:
            yield ("organization",), f"the {what} {value!r} is used {count} times"


def _walk(units: Iterable[UnitSpec], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], UnitSpec]]:
    for unit in units:
        path = (*above, unit.name)
        yield path, unit
        yield from _walk(unit.units, path)


def _with_names(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [{"name": item} if isinstance(item, str) else item for item in value]
