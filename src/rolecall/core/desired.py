"""What should be there: the config laid over the organization. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rolecall.core import template
from rolecall.core.config import AutoDeploymentSection, Config, DeploymentSection, RoleSection
from rolecall.core.existing_roles import Roles
from rolecall.core.ids import AccountId, RoleArn, UnitId
from rolecall.core.observed import AutoDeployment, StackContent, StackSetRoles
from rolecall.core.organization import Account, AccountState, Organization
from rolecall.core.set_aside import set_aside
from rolecall.core.targets import Targets
from rolecall.core.targets import Via as Via

MANAGED_TAG = {"managed-by": "rolecall"}


@dataclass(frozen=True, slots=True)
class DesiredAccount:
    """One account and what should be in it. `exclusion` says why where nothing should be."""

    account: Account
    path: str
    via: Via
    role: RoleArn
    names: Mapping[str, str]
    """platform -> the account's name there."""
    exclusion: str = ""
    former_role: RoleArn | None = None
    """The role that this one takes the place of, while both are there: what is registered with it is ours too."""
    untold: str = ""
    """Why nobody can tell what the role is called: then nothing is asked of it, and it is not registered."""

    @property
    def role_names(self) -> tuple[str, ...]:
        return (self.role.name, self.former_role.name) if self.former_role else (self.role.name,)

    @property
    def id(self) -> AccountId:
        return self.account.id

    @property
    def is_target(self) -> bool:
        return self.via is not Via.NOTHING

    @property
    def is_leaving(self) -> bool:
        """Whether what is of ours there may be taken out: never for a state of the account that we do not know."""
        return not self.is_target and self.account.state is not AccountState.UNKNOWN


@dataclass(frozen=True)
class Desired:
    """Everything that should be there. `stack_set_name` is also the name of the management account's stack.

    `content` is the stack set's, `management_content` that stack's.
    """

    organization: Organization
    role_name: str
    stack_set_name: str
    region: str
    content: StackContent
    management_content: StackContent
    unit_ids: tuple[UnitId, ...]
    auto_deployment: AutoDeployment
    accounts: Mapping[AccountId, DesiredAccount]
    asked: Mapping[str, Any] = field(default_factory=dict)
    """The config's section `targets`, from which the accounts follow."""
    account_names: Mapping[str, str] = field(default_factory=dict)
    """platform -> the form of the accounts' names there, such as `{name} ({id})`."""
    deregister_departed: Mapping[str, bool] = field(default_factory=dict)
    """platform -> whether registrations in accounts outside the organization are taken out."""
    set_aside: tuple[str, ...] = ()
    """What of the linter's rules the config sets aside, a sentence each."""
    is_filtered: bool = False
    """Whether the config chooses among the accounts under the units, as far as StackSets reach them."""
    roles: StackSetRoles | None = None
    """Those of self-managed permissions; None with service-managed ones."""
    let_go_of_departed: bool = False
    """Whether instances in accounts outside the organization are let go of, their stacks retained."""
    former_name: str = ""
    """The role's, while it is renamed."""
    kept_name: str = ""
    """That one, where the config has it no longer and it cannot go yet."""
    delegated: bool = False
    """Whether the caller is a delegated administrator of StackSets."""
    in_flight: int = 10_000
    """The most instances that operations may work on at once: more are reached in several."""
    adopted_stack_set: str | None = None
    """The id of one that somebody else made and that is ours all the same."""
    cannot: str = ""
    """Why the stack set cannot be what the config asks for, told by what is there."""
    existing: Roles = field(default_factory=dict)
    """The roles that have names of their own."""
    keeps_existing: bool = False
    """Whether those stay all that there is, as they are."""

    @property
    def service_managed(self) -> bool:
        return self.roles is None

    @property
    def wants_stack_set(self) -> bool:
        return any(desired.via is Via.STACK_SET for desired in self.accounts.values())

    @property
    def role_names(self) -> tuple[str, ...]:
        """The present name, and the former one while the role is renamed."""
        return (self.role_name, self.former_name) if self.former_name else (self.role_name,)


def desire(config: Config, organization: Organization, unit_ids: tuple[UnitId, ...]) -> Desired:
    """`unit_ids` are `config.targets.organizational_units`, resolved to ids in the organization.

    Raises ConfigError for listed accounts that the organization does not have.
    """
    deployment = config.deployment
    targets = Targets(config.targets, organization, unit_ids).refuse_strangers()
    return Desired(
        organization=organization,
        role_name=config.role.name,
        stack_set_name=config.stack_set_name,
        region=deployment.region,
        content=content_of(config.role.for_members),
        management_content=content_of(config.role),
        unit_ids=unit_ids,
        auto_deployment=_auto_deployment(deployment.auto_deployment),
        accounts={account.id: desired_account(config, targets, account) for account in sorted(organization.accounts)},
        asked=config.targets.model_dump(),
        account_names={platform.name: platform.account_name for platform in config.platforms},
        deregister_departed={platform.name: platform.deregister_departed for platform in config.platforms},
        set_aside=set_aside(config.role),
        former_name=config.role.former_name or "",
        is_filtered=bool(targets.filters),
        roles=stack_set_roles(deployment),
        let_go_of_departed=deployment.let_go_of_departed,
        delegated=deployment.call_as == "delegated-admin",
        in_flight=deployment.operations_in_flight,
        adopted_stack_set=deployment.adopted_stack_set,
        existing=config.existing_roles,
        keeps_existing=config.role.keep_existing,
    )


def content_of(role: RoleSection) -> StackContent:
    return StackContent(template.render(template.build(role)), template.parameters(role), {**role.tags, **MANAGED_TAG})


def stack_set_roles(section: DeploymentSection) -> StackSetRoles | None:
    return None if section.service_managed else StackSetRoles(section.administration_role, section.execution_role)


def _auto_deployment(section: AutoDeploymentSection) -> AutoDeployment:
    return AutoDeployment(section.enabled, section.enabled and section.retain_on_removal)


def desired_account(config: Config, targets: Targets, account: Account) -> DesiredAccount:
    """Of one account by itself: what is deployed may still change what its role is called."""
    organization = targets.organization
    via, exclusion = targets.via(account)
    existing = config.existing_roles.get(account.id)
    named = RoleArn(organization.identity.partition, account.id, config.role.path, config.role.name)
    kept = config.role.keep_existing and via is not Via.STACK
    return DesiredAccount(
        account=account,
        path=organization.path_of(account),
        via=via,
        role=existing if kept and existing else named,
        names={platform.name: platform.name_for(account.id, account.name) for platform in config.platforms},
        exclusion=exclusion,
        former_role=None if kept else existing or _former(config, named),
        untold=_untold(config) if kept and not existing else "",
    )


def _former(config: Config, role: RoleArn) -> RoleArn | None:
    return replace(role, name=config.role.former_name) if config.role.former_name else None


def _untold(config: Config) -> str:
    return (
        f"{config.role.existing_roles} does not say what its role is called: "
        f"`rolecall adopt {config.stack_set_name} --roles` finds out"
    )
