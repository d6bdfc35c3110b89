"""Scenario -> world: fills a fresh store and organization, and makes the two identities people use. Memory only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rolecall.sandbox import later, sts
from rolecall.sandbox.clock import utc_now
from rolecall.sandbox.directory import Credentials
from rolecall.sandbox.identities import Identities
from rolecall.sandbox.limits.faults import Faults
from rolecall.sandbox.organization import (
    RESOURCE_CONTROL_POLICY,
    SERVICE_CONTROL_POLICY,
    STACK_SETS_MEMBERS,
    Organization,
    OrganizationPolicy,
    Unit,
    WorldAccount,
)
from rolecall.sandbox.population import add_member
from rolecall.sandbox.scenario import AccountSpec, PlatformSpec, RoleSpec, Scenario, ScpSpec, refusal
from rolecall.sandbox.seeded import seeded_account_id, seeded_id, seeded_unit_id
from rolecall.sandbox.store import Store
from rolecall.sandbox.wire import WireError
from rolecall.sandbox.world import Enforcement, Switches, World

_FOUNDED = datetime(2024, 1, 1, tzinfo=UTC)
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_ADMIN_USER = "admin"
_PLATFORM_SESSION = "platform"
_PLATFORM_SESSION_SECONDS = 7 * 24 * 3600
"""Nobody renews the platform's credentials here, so they last as long as any sandbox does."""


@dataclass(frozen=True, slots=True)
class BuiltWorld:
    """A world ready to be served. `profiles` holds `management` and `platform`, `platform_role` the latter's ARN."""

    world: World
    identities: Identities
    faults: Faults
    profiles: Mapping[str, Credentials]
    platform_role: str


def build(
    scenario: Scenario,
    *,
    speed: float | None = None,
    enforcement: Enforcement = "simulate",
    now: Callable[[], datetime] = utc_now,
) -> BuiltWorld:
    """`speed` overrides the scenario's. Empties the process's store: there is one world a process.

    Raises ConfigError for what the scenario's own checks could not know.
    """
    wrong = list(later.problems(scenario))
    if wrong:
        raise refusal(wrong)
    spec = scenario.organization
    store = Store(seed=spec.seed)
    _add_platform_role(store, scenario.platform)  # first: roles of the scenario may trust it
    organization = _organization(scenario, store)
    faults = Faults(scenario.faults, spec.seed, {account.name: account.id for account in organization.accounts()})
    switches = scenario.switches
    world = World(
        store,
        organization,
        region=spec.region,
        seed=spec.seed,
        speed=spec.speed if speed is None else speed,
        switches=Switches(
            paths=switches.paths,
            account_status=switches.account_status,
            empty_pages=switches.empty_pages,
            stack_set_lists_lag_seconds=switches.stack_set_lists_lag_seconds,
        ),
        trusted_access=switches.trusted_access,
        enforcement=enforcement,
        iam_lag=faults.iam_lag,
        stack_set_limits=scenario.stack_set_limits,
        now=now,
    )
    identities = Identities(world)
    profiles = {
        "management": _administrator(world),
        "platform": _platform(world, identities, scenario.platform),
    }
    platform = scenario.platform
    return BuiltWorld(world, identities, faults, profiles, f"arn:aws:iam::{platform.account}:role/{platform.role}")


def _organization(scenario: Scenario, store: Store) -> Organization:
    spec = scenario.organization
    seed = spec.seed
    organization = Organization(
        id=spec.id or "o-" + seeded_id(seed, "organization", 10),
        management_account=_account_id(seed, spec.management),
        root_id="r-" + seeded_id(seed, "root", 4),
        founded=spec.exists,
        account_limit=spec.account_limit,
    )
    organization.add_account(_account(organization, seed, spec.management, organization.root_id, 0))
    unit_ids = _add_units(organization, scenario)
    for number, (path, account) in enumerate(scenario.placed_accounts(), start=1):
        add_member(store, organization, _account(organization, seed, account, unit_ids[path], number))
    for account in (spec.management, *(account for _, account in scenario.placed_accounts())):
        if account.tags:
            organization.set_tags(_account_id(seed, account), account.tags)
    targets = {"/" + "/".join(path): unit_id for path, unit_id in unit_ids.items()}
    targets |= {account.name: account.id for account in organization.accounts()}
    for scp in scenario.scps:
        _add_policy(organization, seed, scp, SERVICE_CONTROL_POLICY, targets)
    for rcp in scenario.rcps:
        _add_policy(organization, seed, rcp, RESOURCE_CONTROL_POLICY, targets)
    for name in scenario.delegated_administrators:
        organization.delegations.setdefault(STACK_SETS_MEMBERS, {})[targets[name]] = _FOUNDED
    for index, role in enumerate(scenario.roles):
        try:
            _add_role(store, targets[role.account], role)
        except WireError as error:
            raise refusal([(("roles", index), error.message)]) from error
    return organization


def _add_units(organization: Organization, scenario: Scenario) -> dict[tuple[str, ...], str]:
    """Ids by path of names; the empty path is the root."""
    unit_ids: dict[tuple[str, ...], str] = {(): organization.root_id}
    for path, unit in scenario.placed_units():
        unit_id = seeded_unit_id(scenario.organization.seed, organization.root_id, "/".join(path))
        organization.add_unit(Unit(unit_id, unit.name, unit_ids[path[:-1]]))
        unit_ids[path] = unit_id
    return unit_ids


def _account(organization: Organization, seed: int, spec: AccountSpec, parent_id: str, number: int) -> WorldAccount:
    return WorldAccount(
        id=_account_id(seed, spec),
        name=spec.name,
        email=spec.email or f"aws+{number}@example.com",
        state=spec.state,
        parent_id=parent_id,
        unit_path=organization.path_of(parent_id),
        joined_at=_FOUNDED + timedelta(hours=number),
    )


def _account_id(seed: int, spec: AccountSpec) -> str:
    return spec.id or seeded_account_id(seed, f"account/{spec.name}")


def _add_policy(
    organization: Organization, seed: int, scp: ScpSpec, policy_type: str, targets: Mapping[str, str]
) -> None:
    kind = "scp" if policy_type == SERVICE_CONTROL_POLICY else "rcp"
    policy_id = "p-" + seeded_id(seed, f"{kind}/{scp.name}", 8)
    content = json.dumps(scp.document)
    organization.policies[policy_id] = OrganizationPolicy(policy_id, scp.name, policy_type, content, scp.description)
    for target in scp.targets:
        organization.attachments[targets[target]].append(policy_id)


def _add_role(store: Store, account_id: str, role: RoleSpec) -> None:
    params = {
        "RoleName": role.name,
        "AssumeRolePolicyDocument": json.dumps(role.trust),
        "Description": role.description,
    }
    store.call("iam", "CreateRole", params, account_id=account_id)
    for name, document in role.inline_policies.items():
        policy = {"RoleName": role.name, "PolicyName": name, "PolicyDocument": json.dumps(document)}
        store.call("iam", "PutRolePolicy", policy, account_id=account_id)
    for arn in role.managed_policies:
        store.call("iam", "AttachRolePolicy", {"RoleName": role.name, "PolicyArn": arn}, account_id=account_id)


def _administrator(world: World) -> Credentials:
    account_id = world.management_account()
    user = {"UserName": _ADMIN_USER}
    world.store.call("iam", "CreateUser", user, account_id=account_id)
    world.store.call("iam", "AttachUserPolicy", user | {"PolicyArn": _ADMINISTRATOR}, account_id=account_id)
    key = world.store.call("iam", "CreateAccessKey", user, account_id=account_id)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _add_platform_role(store: Store, spec: PlatformSpec) -> None:
    trust = _document({"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    permission = _document({"Action": actions, "Resource": spec.assumes})
    role = {"RoleName": spec.role}
    store.call("iam", "CreateRole", role | {"AssumeRolePolicyDocument": trust}, account_id=spec.account)
    policy = role | {"PolicyName": "AssumeResponseRoles", "PolicyDocument": permission}
    store.call("iam", "PutRolePolicy", policy, account_id=spec.account)


def _platform(world: World, identities: Identities, spec: PlatformSpec) -> Credentials:
    stored = world.store.role(spec.account, spec.role)
    assert stored is not None
    session = identities.mint(sts.role_session(stored, _PLATFORM_SESSION), _PLATFORM_SESSION_SECONDS)
    return Credentials(session.access_key_id, session.secret, session.token)


def _document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
