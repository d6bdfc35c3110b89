"""A world of three accounts behind a gate, and rolecall as a process there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rolecall.sandbox.scenario import Scenario
from tests.nursery import Child, Nursery
from tests.sandbox.conftest import StartSandbox, sandbox_loop, start_sandbox
from tests.sandbox.served import ServedSandbox

from . import gate
from .gate import Gate, Moment
from .platform import KEY

__all__ = ["sandbox_loop", "start_sandbox"]

ORGANIZATION = {"seed": 3, "units": [{"name": "A", "accounts": ["one"], "units": [{"name": "B", "accounts": ["two"]}]}]}
CONFIG = """
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: canary-5f0c2e
  permission_groups: [account-check, s3]
targets: {organizational_units: ["/"]}
check: {assume_from: {profile: platform}}
platforms:
  - {name: forensics, url: "URL", api_key: "env:PLATFORM_KEY"}
"""


@dataclass
class World:
    """One fresh organization, its platform, and a folder with a config."""

    sandbox: ServedSandbox
    gate: Gate
    nursery: Nursery
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> Child:
        """To its end."""
        child = self.nursery.start(self.folder, self.environment, arguments)
        child.wait()
        return child

    def ok(self, *arguments: str) -> Child:
        child = self.nursery.start(self.folder, self.environment, arguments)
        status = child.wait()
        assert status == 0, f"{arguments}: {status}\n{child.stdout}\n{child.stderr}"
        return child

    def killed_at(self, number: int, moment: Moment, *arguments: str) -> str:
        """Runs until the call of that number, counted from now on. What the call was; empty when it ended before."""
        self.gate.calls.clear()
        self.gate.deadly = (number, moment)
        started: Future[Child] = Future()  # the call may come before we are told whose it is
        self.gate.kill = lambda: os.kill(started.result().pid, signal.SIGKILL)
        started.set_result(self.nursery.start(self.folder, self.environment, arguments))
        status = started.result().wait()
        self.gate.deadly = None
        if status != -signal.SIGKILL:
            return ""
        return self.gate.calls[number]

    def state(self) -> dict[str, Any]:
        """Everything that a run may leave, less ids that are new each time."""
        accounts = ("management", "one", "two")
        return {
            "stack sets": self._stack_sets(),
            "stacks": self._stacks(),
            "roles": {name: self._roles(name) for name in accounts},
            "registrations": dict(sorted(self.gate.platform.registered.items())),
        }

    def put(self, account: str, state: str) -> None:
        """What AWS Support does with an account, and what a closure ends in."""

        async def change() -> None:
            self.sandbox.world.organization.set_state(self.sandbox.account_id(account), state)

        asyncio.run_coroutine_threadsafe(change(), self.sandbox.loop).result()

    def accounts_in_ledger(self) -> list[str]:
        file = self.folder / "rolecall.ledger.json"
        return [found["name"] for found in json.loads(file.read_text())["entries"]] if file.exists() else []

    def accounts_listed(self) -> set[str]:
        """Those with an instance of whatever stack set there is."""
        listed = {account for _, _, statuses in self._stack_sets() for account, *_ in statuses}
        return {name for name in ("one", "two") if self.sandbox.account_id(name) in listed}

    def _stack_sets(self) -> list[Any]:
        client = self.sandbox.client("cloudformation")
        found = []
        for summary in client.list_stack_sets(Status="ACTIVE")["Summaries"]:
            name = summary["StackSetName"]
            told = client.describe_stack_set(StackSetName=name)["StackSet"]
            instances = client.list_stack_instances(StackSetName=name)["Summaries"]
            kept = ("TemplateBody", "Parameters", "Tags", "OrganizationalUnitIds", "AutoDeployment", "Regions")
            statuses = sorted((entry["Account"], entry["Region"], entry["Status"]) for entry in instances)
            found.append([name, [told.get(key) for key in kept], statuses])
        return found

    def _stacks(self) -> list[Any]:
        client = self.sandbox.client("cloudformation")
        stacks = [stack for stack in client.describe_stacks()["Stacks"] if stack["StackStatus"] != "DELETE_COMPLETE"]
        return [
            (stack["StackName"], stack["StackStatus"], stack.get("Tags"), stack.get("Parameters")) for stack in stacks
        ]

    def _roles(self, account: str) -> Any:
        iam = self.sandbox.client("iam") if account == "management" else self.sandbox.client_of("iam", account)
        roles = [role for role in iam.list_roles()["Roles"] if role["RoleName"] == "CadoResponseRole"]
        policies = iam.list_policies(Scope="Local")["Policies"]
        said = [(role["Arn"], json.dumps(role["AssumeRolePolicyDocument"], sort_keys=True)) for role in roles]
        return said, sorted((policy["PolicyName"], policy["AttachmentCount"]) for policy in policies)


StartWorld = Callable[..., World]


@pytest.fixture
def start_world(
    start_sandbox: StartSandbox, sandbox_loop: asyncio.AbstractEventLoop, forks: Nursery, tmp_path: Path
) -> Iterator[StartWorld]:
    with gate.opened(sandbox_loop) as opened:

        def start(front: str = "", **scenario: Any) -> World:
            """`front` is the URL of something that stands before the gate, and which rolecall then calls."""
            described = Scenario.model_validate({"organization": ORGANIZATION, **scenario})
            sandbox = start_sandbox(described, behind=front or opened.url)
            opened.upstream, opened.deadly = sandbox.endpoint, None
            opened.calls.clear()
            opened.platform.registered.clear()
            opened.platform.log.clear()
            (tmp_path / "rolecall.yaml").write_text(CONFIG.replace("URL", opened.platform_url))
            own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PLATFORM_KEY": KEY, "NO_COLOR": "1"}
            return World(sandbox, opened, forks, tmp_path, {**own, **sandbox.environment()})

        yield start
