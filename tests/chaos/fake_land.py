"""A land of fakes: nothing waits, so that many stories can be told. StackSets do nothing by themselves here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from rolecall.core.config import Config
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import InstanceStatus, ResourceDrift, Stack, StackContent
from rolecall.core.organization import AccountState, path_of
from rolecall.ports import Ports
from tests.fakes.cloud import EXTERNAL_ID, ROLE_NAME, STACK_SET, FakeCloud
from tests.fakes.organizations import MANAGEMENT, ROOT
from tests.fakes.time import FakeClock

from .meddling import meddle
from .stories import Event, Kind, Story

DENIED = (
    "User: arn:aws:sts::1:assumed-role/stacksets-exec-1 is not authorized to perform: iam:CreateRole on resource: role "
    "with an explicit deny in a service control policy"
)
KINDS = [kind for kind in Kind if kind not in (Kind.DENY_PLATFORM, Kind.DELETE_MEMBER_STACK)]
MOST_SLEEPS = 3_000
_FOREIGN = StackContent("Resources: {}", {}, {"team": "network"})
_DELETED = ResourceDrift("Role", ROLE_NAME, "AWS::IAM::Role", "DELETED")


class EndingClock(FakeClock):
    """Whoever waits for what never comes fails."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        assert len(self.sleeps) < MOST_SLEEPS, "this never ends"


class FakeLand:
    def __init__(self, story: Story) -> None:
        self.cloud = FakeCloud(clock=EndingClock())
        organizations = self.cloud.organizations
        self._units: list[UnitId] = []
        for unit in story.units:
            self._units.append(organizations.unit(unit.name, self._unit(unit.above)))
        for member in story.members:
            organizations.account(member.name, self._unit(member.unit), AccountState(member.state))
        self.cloud.probe.deployed = self._content
        self.cloud.stack_sets.plant("network-baseline", _FOREIGN, *self.accounts()[1:])
        self.cloud.stacks.stacks["network"] = Stack("network", "CREATE_COMPLETE", _FOREIGN)
        self._born = len(self.accounts())

    @asynccontextmanager
    async def ports(self, wanted: Config) -> AsyncIterator[Ports]:
        ports = self.cloud.ports()
        yield ports if wanted.platforms else replace(ports, platforms=())

    def accounts(self) -> list[AccountId]:
        return list(self.cloud.organizations.members)

    def units(self) -> list[str]:
        return [*self._units]

    def path(self, unit: int) -> str:
        units = self.cloud.organizations.units
        return path_of(units[self._units[unit]], units)

    def answers(self, account: AccountId) -> bool:
        content = self._content(account)
        return content is not None and content.parameters["ExternalId"] == EXTERNAL_ID

    def ours_in(self, account: AccountId) -> bool:
        return self._content(account) is not None

    def foreign(self) -> Any:
        sets = {name: found for name, found in self.cloud.stack_sets.sets.items() if not name.startswith(STACK_SET)}
        stacks = {name: found for name, found in self.cloud.stacks.stacks.items() if name != STACK_SET}
        told = {name: (found.stack_set, dict(found.instances)) for name, found in sets.items()}
        others = {name: role for name, role in self.cloud.platform.registered.items() if role.name != ROLE_NAME}
        return told, stacks, others

    def our_registrations(self) -> list[str]:
        members = self.cloud.organizations.members
        registered = self.cloud.platform.registered
        return [name for name, role in registered.items() if role.name == ROLE_NAME and role.account in members]

    def ledger(self) -> set[AccountId]:
        return {entry.account for entry in self.cloud.ledger.entries}

    async def happen(self, event: Event) -> None:
        account = self.accounts()[event.account % len(self.accounts())]
        stack_sets = self.cloud.stack_sets
        match event.kind:
            case Kind.TAKE_NAME if not self.ours_in(account) and account != MANAGEMENT:
                stack_sets.taken.add(account)
            case Kind.FREE_NAME:
                stack_sets.taken.discard(account)
            case Kind.DENY_STACK_SETS if account != MANAGEMENT:
                stack_sets.failing[account] = DENIED
            case Kind.ALLOW:
                stack_sets.failing.pop(account, None)
            case Kind.DELETE_MANAGEMENT_STACK:
                self.cloud.stacks.stacks.pop(STACK_SET, None)
        self._in_organization(event, account)
        self._to_stack_set(event.kind, account)
        meddle(self.cloud.platform.registered, event.kind, account)

    def _in_organization(self, event: Event, account: AccountId) -> None:
        organizations = self.cloud.organizations
        unit = self._unit(event.unit % (len(self._units) + 1) - 1)
        if event.kind is Kind.JOIN:
            joined = AccountId(str(200_000_000_000 + self._born))
            organizations.members[joined] = replace(organizations.members[MANAGEMENT], id=joined, name="joined")
            organizations.move(joined, unit)
            self._born += 1
        if account == MANAGEMENT:
            return
        match event.kind:
            case Kind.SUSPEND:
                organizations.set_state(account, AccountState.SUSPENDED)
            case Kind.CLOSE:
                organizations.set_state(account, AccountState.CLOSED)
            case Kind.REOPEN:
                organizations.set_state(account, AccountState.ACTIVE)
            case Kind.MOVE:
                organizations.move(account, unit)
            case Kind.LEAVE:
                organizations.leave(account)

    def _to_stack_set(self, kind: Kind, account: AccountId) -> None:
        stack_sets = self.cloud.stack_sets
        found = stack_sets.sets.get(STACK_SET)
        instance = found.instances.get(account) if found else None
        if found is None:
            return
        if kind is Kind.EDIT_STACK_SET:
            content = found.stack_set.content
            other = replace(content, parameters={**content.parameters, "ExternalId": "ofSomebodyElse1"})
            found.stack_set = replace(found.stack_set, content=other)
        if instance is None:
            return
        if kind is Kind.DELETE_ROLE and instance.status is InstanceStatus.CURRENT:
            stack_sets.changed_by_hand[account] = (_DELETED,)
        if kind in (Kind.DELETE_INSTANCE, Kind.RETAIN_INSTANCE):
            gone = found.instances.pop(account)
            if kind is Kind.RETAIN_INSTANCE and instance.status is InstanceStatus.CURRENT:
                stack_sets.importable[gone.stack_id] = account
            stack_sets.changed_by_hand.pop(account, None)

    def _content(self, account: AccountId) -> StackContent | None:
        return None if account in self.cloud.stack_sets.changed_by_hand else self.cloud.deployed(account)

    def _unit(self, number: int | None) -> UnitId:
        return ROOT if number is None or number < 0 else self._units[number]
