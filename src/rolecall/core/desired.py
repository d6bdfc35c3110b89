"""What should be there: the config laid over the organization. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rolecall.core import template
from rolecall.core.config import AutoDeploymentSection, Config, RoleSection
from rolecall.core.ids import AccountId, RoleArn, UnitId
from rolecall.core.observed import AutoDeployment, StackContent
from rolecall.core.organization import Account, AccountState, Organization
from rolecall.core.set_aside import set_aside

MANAGED_TAG = {"managed-by": "rolecall"}


class Via(StrEnum):
    """What brings the role into an account."""

    STACK_SET = "stack set"
    STACK = "stack"
    NOTHING = "nothing"


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
    stack_set_name: str
    region: str
    content: StackContent
    management_content: StackContent
    unit_ids: tuple[UnitId, ...]
    auto_deployment: AutoDeployment
    accounts: Mapping[AccountId, DesiredAccount]
    deregister_departed: Mapping[str, bool] = field(default_factory=dict)
    """platform -> whether registrations in accounts outside the organization are taken out."""
    set_aside: tuple[str, ...] = ()
    """What of the linter's rules the config sets aside, a sentence each."""
    is_filtered: bool = False
    """Whether the config chooses among the accounts under the units."""
    service_managed: bool = True
    in_flight: int = 10_000
    """The most instances that operations may work on at once: more are reached in several."""

    @property
    def wants_stack_set(self) -> bool:
        return any(desired.via is Via.STACK_SET for desired in self.accounts.values())

    @property
    def role_name(self) -> str:
        return next(iter(self.accounts.values())).role.name


def desire(config: Config, organization: Organization, unit_ids: tuple[UnitId, ...]) -> Desired:
    """`unit_ids` are `config.targets.organizational_units`, resolved to ids in the organization."""
    deployment = config.deployment
    return Desired(
        organization=organization,
        stack_set_name=config.stack_set_name,
        region=deployment.region,
        content=_content(config.role.for_members),
        management_content=_content(config.role),
        unit_ids=unit_ids,
        auto_deployment=_auto_deployment(deployment.auto_deployment),
        accounts={
            account.id: _desired_account(config, organization, unit_ids, account)
            for account in sorted(organization.accounts)
        },
        deregister_departed={platform.name: platform.deregister_departed for platform in config.platforms},
        set_aside=set_aside(config.role),
        is_filtered=config.targets.is_filtered,
        service_managed=deployment.service_managed,
        in_flight=deployment.operations_in_flight,
    )


def _content(role: RoleSection) -> StackContent:
    return StackContent(template.render(template.build(role)), template.parameters(role), {**role.tags, **MANAGED_TAG})


def _auto_deployment(section: AutoDeploymentSection) -> AutoDeployment:
    return AutoDeployment(section.enabled, section.enabled and section.retain_on_removal)


def _desired_account(
    config: Config, organization: Organization, unit_ids: tuple[UnitId, ...], account: Account
) -> DesiredAccount:
    via, exclusion = _via(config, organization, unit_ids, account)
    return DesiredAccount(
        account=account,
        path=organization.path_of(account),
        via=via,
        role=RoleArn(organization.identity.partition, account.id, config.role.path, config.role.name),
        names={platform.name: platform.name_for(account.id, account.name) for platform in config.platforms},
        exclusion=exclusion,
    )


def _via(config: Config, organization: Organization, unit_ids: tuple[UnitId, ...], account: Account) -> tuple[Via, str]:
    if not account.active:
        return Via.NOTHING, _INACTIVE[account.state]
    if account.id in config.excluded:
        return Via.NOTHING, "listed in targets.exclude_accounts"
    if account.id == organization.management_account:
        if config.targets.management_account:
            return Via.STACK, ""
        return Via.NOTHING, "the management account, and targets.management_account is false"
    if not set(account.unit_ids) & set(unit_ids):
        return Via.NOTHING, "in none of targets.organizational_units"
    return Via.STACK_SET, ""


_INACTIVE = {
    AccountState.SUSPENDED: "the account is suspended: StackSets skip it and nobody can assume a role in it",
    AccountState.PENDING_CLOSURE: "the account is being closed",
    AccountState.CLOSED: "the account is closed",
    AccountState.PENDING_ACTIVATION: "the account is not yet activated",
    AccountState.UNKNOWN: "AWS gives a state of the account that this release of rolecall does not know",
}
