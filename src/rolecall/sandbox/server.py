"""A sandbox in this process: builds a scenario's world, serves it on loopback, cleans up. One at a time."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, cast
from urllib.parse import urlsplit

from aiohttp import web

from rolecall.errors import RolecallError
from rolecall.sandbox import context_keys, iam, organizations, simulation, ssm, stacks, stacksets, sts
from rolecall.sandbox import directory as files
from rolecall.sandbox.authorize import Authorizer
from rolecall.sandbox.builder import BuiltWorld, build
from rolecall.sandbox.cloudtrail import EventHistory
from rolecall.sandbox.control import Control
from rolecall.sandbox.events.bus import Bus
from rolecall.sandbox.events.webhooks import Webhooks
from rolecall.sandbox.exchange import Listener, log_to
from rolecall.sandbox.gateway import Gateway
from rolecall.sandbox.later import Later
from rolecall.sandbox.limits.quotas import Quotas
from rolecall.sandbox.recording import Head, record_to
from rolecall.sandbox.role_use import keep_role_use
from rolecall.sandbox.scenario import Scenario
from rolecall.sandbox.wire import Handlers
from rolecall.sandbox.world import Enforcement, World

LOOPBACK = "127.0.0.1"
_PATIENCE_SECONDS = 1.0
"""How long requests that have begun may go on when the sandbox ends."""


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A served world. `stop_requested` is set when somebody asked over HTTP, with the state's token, for its end."""

    world: World
    gateway: Gateway
    directory: Path
    state: files.State
    stop_requested: asyncio.Event
    _resources: AsyncExitStack = field(repr=False)

    @property
    def endpoint(self) -> str:
        return self.state.endpoint

    def environment(self) -> dict[str, str]:
        return files.environment(self.directory, self.state)

    async def stopped(self, *, idle_seconds: float) -> None:
        """Waits until a stop is requested, or nobody has called for `idle_seconds`."""
        while not self.stop_requested.is_set():
            left = self.gateway.last_request + idle_seconds - time.monotonic()
            if left <= 0:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop_requested.wait(), left)

    async def close(self) -> None:
        """Stops serving and working, and removes the directory."""
        await self._resources.aclose()


async def serve(
    scenario: Scenario,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    speed: float | None = None,
    enforce: Enforcement = "simulate",
    log: Path | None = None,
    record: Path | None = None,
    behind: str | None = None,
    directory: Path | None = None,
) -> RunningSandbox:
    """Serves `scenario` until closed. `directory` must exist and be private; without one, a new temporary one is used.

    Port 0 takes any free port. `speed` overrides the scenario's. `log` is appended to, `record` written anew.
    `behind` is the URL of a proxy in front, which clients are told to call. Raises RolecallError where the port is
    taken.
    """
    async with AsyncExitStack() as resources:
        home = directory or Path(tempfile.mkdtemp(prefix="rolecall-sandbox-"))
        if directory is None:
            resources.callback(shutil.rmtree, home, ignore_errors=True)
        built = build(scenario, speed=speed, enforcement=enforce)
        world = built.world
        for engine in (stacks, stacksets):
            resources.push_async_callback(engine.close, world)
        resources.callback(world.clock.close)
        gateway = assemble(built, scenario, behind)
        gateway.listeners += _writers(resources, scenario, world, log, record)
        if scenario.webhooks:
            webhooks = Webhooks(scenario.webhooks)
            resources.push_async_callback(webhooks.close)
            world.listeners.append(webhooks.deliver)
        stop, token = asyncio.Event(), secrets.token_urlsafe(24)
        application = gateway.application(Control(world, gateway, stop, token).routes())
        endpoint = await _listen(resources, application, host, port)
        state = files.State(endpoint, behind or endpoint, world.region, os.getpid(), built.platform_role, token)
        files.write_files(home, state, built.profiles)
        resources.callback(files.remove, home, token)
        return RunningSandbox(world, gateway, home, state, stop, resources.pop_all())


def _writers(
    resources: AsyncExitStack, scenario: Scenario, world: World, log: Path | None, record: Path | None
) -> Iterator[Listener]:
    """Listeners that write files, which close with `resources`."""
    if log:
        yield log_to(resources.enter_context(_opened(log, "a")))
    if record:
        head = Head(scenario, world.enforcement, world.clock.speed, world.now())
        yield record_to(resources.enter_context(_opened(record, "w")), head)


def _opened(path: Path, mode: str) -> TextIO:
    """Raises RolecallError where it cannot be written."""
    try:
        return cast(TextIO, path.open(mode, encoding="utf-8"))
    except OSError as error:
        hint = "Name a file in a folder that exists and that you may write to."
        raise RolecallError(f"Cannot write {path}", detail=str(error), hint=hint) from error


async def _listen(resources: AsyncExitStack, application: web.Application, host: str, port: int) -> str:
    """Serves until `resources` are closed. Returns the endpoint. Raises RolecallError where the port is taken."""
    # Signatures are over the body as it came: nobody unzips it on the way.
    runner = web.AppRunner(
        application,
        handle_signals=False,
        access_log=None,
        shutdown_timeout=_PATIENCE_SECONDS,
        auto_decompress=False,
    )
    await runner.setup()
    resources.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        hint = "Choose another with --port, or leave it out to take any free one."
        raise RolecallError(f"Cannot listen on {host}:{port}", detail=str(error), hint=hint) from error
    return f"http://{host}:{runner.addresses[0][1]}"


def assemble(built: BuiltWorld, scenario: Scenario, behind: str | None = None) -> Gateway:
    """The gateway of a world, with all that the scenario asks for. Needs a running event loop."""
    world, switches = built.world, scenario.switches
    history = EventHistory(world)
    handlers: Handlers = {
        **sts.handlers(world, built.identities),
        **iam.handlers(world),
        **ssm.handlers(),
        **simulation.handlers(world),
        **context_keys.handlers(world),
        **organizations.handlers(world),
        **stacks.handlers(world),
        **stacksets.handlers(world),
        **history.handlers(),
    }
    gateway = Gateway(
        world,
        built.identities,
        handlers,
        Authorizer(world),
        quotas=Quotas(world) if switches.quotas == "aws" else None,
        faults=built.faults if scenario.faults else None,
        latency=switches.latency_ms / 1000,
        proxy=urlsplit(behind).netloc if behind else None,
    )
    later = Later(world, handlers, scenario.later, history.made)
    gateway.listeners += [history.heard, later.heard, keep_role_use(world)]
    world.listeners += [history.told, Bus(world).deliver]
    return gateway
