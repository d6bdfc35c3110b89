"""What a scenario's parts have against each other, and what AWS would refuse of it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rolecall.core.policy import MalformedPolicy, Policy
from rolecall.sandbox.organization import DEFAULT_ROLE, MAX_DEPTH
from rolecall.sandbox.scenario.model import AccountSpec, Scenario, UnitSpec

Location = tuple[str | int, ...]
Finding = tuple[Location, str]
"""Where in a scenario something is wrong, and what."""

_POLICIES = {"scps": ("scp", 10_240, 10), "rcps": ("rcp", 5_120, 5)}
"""Kind, characters, how many a target may have: the full-access policy that every target has counts for service control
policies. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""
_OURS = ("FullAWSAccess", "RCPFullAWSAccess")


def contradictions(scenario: Scenario) -> Iterator[Finding]:
    accounts = dict(_accounts(scenario))
    names = {account.name for account in accounts.values()}
    yield from _organization(scenario, accounts)
    yield from _units(scenario)
    yield from _control_policies(scenario, names)
    yield from _roles(scenario, names)
    yield from _names(scenario, names)


def _organization(scenario: Scenario, accounts: Mapping[Location, AccountSpec]) -> Iterator[Finding]:
    for member in ("name", "id", "email"):
        given = {place: getattr(account, member) for place, account in accounts.items()}
        yield from _repeated(f"the account {member}", {place: value for place, value in given.items() if value})
    organization = scenario.organization
    if organization.management.state != "ACTIVE":
        yield ("organization", "management", "state"), "the management account is ACTIVE"
    if organization.management.id == scenario.platform.account:
        yield ("platform", "account"), "the platform's account is outside the organization"
    if not organization.exists and len(accounts) > 1:
        yield ("organization", "exists"), "there cannot be member accounts before there is an organization"
    if len(accounts) > organization.account_limit:
        yield ("organization", "account_limit"), f"there are {len(accounts)} accounts already"


def _units(scenario: Scenario) -> Iterator[Finding]:
    placed = dict(_walk(scenario.organization.units, (), ("organization", "units")))
    yield from _repeated("the unit", {place: "/" + "/".join(path) for place, path in placed.items()})
    for place, path in placed.items():
        if len(path) > MAX_DEPTH:
            yield place, f"/{'/'.join(path)} is deeper than {MAX_DEPTH} levels"


def _control_policies(scenario: Scenario, names: Collection[str]) -> Iterator[Finding]:
    targets = {*names, "/", *("/" + "/".join(path) for path, _ in scenario.placed_units())}
    for key, policies in (("scps", scenario.scps), ("rcps", scenario.rcps)):
        kind, characters, most = _POLICIES[key]
        yield from _repeated(
            "the policy name", {(key, index, "name"): each.name for index, each in enumerate(policies)}
        )
        attached: dict[str, int] = dict.fromkeys(targets, 1)
        for index, policy in enumerate(policies):
            if policy.name in _OURS:
                yield (key, index, "name"), f"{policy.name} is AWS's own, and attached everywhere"
            yield from _document((key, index, "document"), policy.document, kind, characters)
            for number, target in enumerate(policy.targets):
                place = (key, index, "targets", number)
                attached[target] = attached.get(target, 1) + 1
                if target not in targets:
                    yield place, f"{target!r} is neither a unit's path nor an account's name"
                elif target in policy.targets[:number]:
                    yield place, f"{target!r} is there twice"
                elif attached[target] > most:
                    yield place, f"{target!r} has {most} policies of this type at most, AWS's own among them"


def _document(place: Location, document: Mapping[str, Any], kind: str, characters: int) -> Iterator[Finding]:
    text = json.dumps(document)
    try:
        Policy.parse(text, source="policy", type=kind)
    except MalformedPolicy as error:
        yield place, f"is not a policy: {str(error).removeprefix('policy: ')}"
    if len(text) > characters:
        yield place, f"a policy of this type has at most {characters} characters"


def _roles(scenario: Scenario, names: Collection[str]) -> Iterator[Finding]:
    yield from _repeated(
        "the role", {("roles", index): f"{role.name} of {role.account}" for index, role in enumerate(scenario.roles)}
    )
    for index, role in enumerate(scenario.roles):
        if role.account not in names:
            yield ("roles", index, "account"), f"{role.account!r} is not the name of an account"
        if role.name == DEFAULT_ROLE and role.account != scenario.organization.management.name:
            yield ("roles", index, "name"), f"every member account has a {DEFAULT_ROLE} of its own"
        yield from _document(("roles", index, "trust"), role.trust, "trust", 2_048)
        for name, document in role.inline_policies.items():
            yield from _document(("roles", index, "inline_policies", name), document, "identity", 10_240)


def _names(scenario: Scenario, names: Collection[str]) -> Iterator[Finding]:
    for index, name in enumerate(scenario.delegated_administrators):
        if name == scenario.organization.management.name:
            yield ("delegated_administrators", index), "the management account cannot be delegated"
        elif name not in names:
            yield ("delegated_administrators", index), f"{name!r} is not the name of an account"
    for index, later in enumerate(scenario.later):
        if later.by is not None and later.by not in names and later.after_call is None:
            yield ("later", index, "by"), f"{later.by!r} is not the name of an account"
        if (later.after_seconds is None) == (later.after_call is None):
            yield ("later", index), "give after_seconds or after_call, one of the two"
    for index, rule in enumerate(scenario.faults):
        if rule.account is not None and rule.account not in names and not rule.account.isdecimal():
            yield ("faults", index, "account"), f"{rule.account!r} is neither an account's name nor an id"
    for index, url in enumerate(scenario.webhooks):
        if not re.match(r"https?://[^/]", url):
            yield ("webhooks", index), f"{url!r} is no URL of http or https"


def _repeated(what: str, values: Mapping[Location, str]) -> Iterator[Finding]:
    """The later ones are told, each where it is."""
    seen: set[str] = set()
    for place, value in values.items():
        if value in seen:
            yield place, f"{what} {value!r} is used already"
        seen.add(value)


def _accounts(scenario: Scenario) -> Iterator[tuple[Location, AccountSpec]]:
    organization = scenario.organization
    yield ("organization", "management"), organization.management
    for index, account in enumerate(organization.accounts):
        yield ("organization", "accounts", index), account
    yield from _accounts_in(organization.units, ("organization", "units"))


def _accounts_in(units: Sequence[UnitSpec], place: Location) -> Iterator[tuple[Location, AccountSpec]]:
    for number, unit in enumerate(units):
        for index, account in enumerate(unit.accounts):
            yield (*place, number, "accounts", index), account
        yield from _accounts_in(unit.units, (*place, number, "units"))


def _walk(
    units: Sequence[UnitSpec], above: tuple[str, ...], place: Location
) -> Iterator[tuple[Location, tuple[str, ...]]]:
    for number, unit in enumerate(units):
        path = (*above, unit.name)
        yield (*place, number), path
        yield from _walk(unit.units, path, (*place, number, "units"))
