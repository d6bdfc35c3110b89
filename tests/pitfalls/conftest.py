"""A house: rolecall's own flows and adapters on a sandbox in this process, and what a naive script would call there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.ids import AccountId
from rolecall.core.verdicts import Row
from rolecall.flows.apply import Applied, apply, settled_look
from rolecall.flows.destroy import Destroyed, destroy
from rolecall.flows.look import Seen, look
from rolecall.flows.roll_call import call_all
from rolecall.ports import Ports
from rolecall.sandbox.scenario import Scenario, load_scenario
from rolecall.wiring.assembly import Credentials, open_ports
from tests.fakes.cloud import config
from tests.fakes.ledger import FakeLedger
from tests.fakes.platform import FakePlatform
from tests.fakes.progress import RecordingProgress
from tests.sandbox.conformance.cloud import Deployment
from tests.sandbox.conftest import StartSandbox, sandbox_loop, start_sandbox
from tests.sandbox.served import ServedSandbox

__all__ = ["sandbox_loop", "start_sandbox"]

STACK_SET, ROLE = "rolecall-CadoResponseRole", "CadoResponseRole"


@dataclass
class House:
    """One sandbox. `naive` drives a stack set of its own there through boto3, as a script would."""

    sandbox: ServedSandbox
    platform: FakePlatform = field(default_factory=FakePlatform)
    progress: RecordingProgress = field(default_factory=RecordingProgress)
    ledger: FakeLedger = field(default_factory=FakeLedger)

    @property
    def naive(self) -> Deployment:
        return Deployment.of(self.sandbox)

    @property
    def ours(self) -> Deployment:
        """Rolecall's own stack set, to look at and to meddle with."""
        return Deployment(self.sandbox, self.sandbox.client("cloudformation"), STACK_SET)

    def config(self, **changes: Any) -> Config:
        assume_from = {"assume_from": {"profile": "platform"}}
        return config(**{**changes, "check": {**assume_from, **changes.get("check", {})}})

    @asynccontextmanager
    async def ports(self, wanted: Config, profile: str | None = None) -> AsyncIterator[Ports]:
        async with open_ports(wanted, Credentials(profile), self.progress, platforms=False) as ports:
            yield replace(ports, platforms=(self.platform,), ledger=self.ledger)

    async def plan(self, wanted: Config | None = None, profile: str | None = None, *, drift: bool = False) -> Seen:
        wanted = wanted or self.config()
        async with self.ports(wanted, profile) as ports:
            return await look(wanted, ports, drift=drift)

    async def apply(
        self,
        wanted: Config | None = None,
        profile: str | None = None,
        *,
        retry_blocked: bool = False,
        drift: bool = False,
        allow_removals: int | None = None,
    ) -> Applied:
        wanted = wanted or self.config()
        async with self.ports(wanted, profile) as ports:
            seen = await look(wanted, ports, retry_blocked=retry_blocked, drift=drift)
            seen = await settled_look(seen, ports, retry_blocked=retry_blocked, drift=drift)
            return await apply(seen, ports, allow_removals=allow_removals)

    async def check(self, wanted: Config | None = None, profile: str | None = None) -> dict[str, Row]:
        """The roll, by the accounts' names."""
        wanted = wanted or self.config()
        async with self.ports(wanted, profile) as ports:
            seen = await look(wanted, ports)
            targets = [account for account in seen.desired.accounts.values() if account.is_target]
            rows = seen.rows(await call_all(wanted, ports, targets))
        return {row.account.account.name: row for row in rows}

    async def destroy(self, wanted: Config | None = None, profile: str | None = None) -> Destroyed:
        wanted = wanted or self.config()
        async with self.ports(wanted, profile) as ports:
            return await destroy(await look(wanted, ports, preflight=False), ports)

    def account(self, name: str) -> AccountId:
        return AccountId(self.sandbox.account_id(name))

    def has_role(self, account: str, role: str = ROLE) -> bool:
        iam = self.sandbox.client("iam") if account == "management" else self.sandbox.client_of("iam", account)
        pages = iam.get_paginator("list_roles").paginate()
        return any(found["RoleName"] == role for page in pages for found in page["Roles"])


StartHouse = Callable[..., House]


@pytest.fixture
def start_house(start_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch) -> StartHouse:
    """A house of a scenario, `clean` unless another is given, with the SDK's environment set to it."""

    def start(scenario: Scenario | None = None, **options: Any) -> House:
        sandbox = start_sandbox(scenario or load_scenario("clean"), **options)
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        return House(sandbox)

    return start


@pytest.fixture
def house(start_house: StartHouse) -> House:
    return start_house()
