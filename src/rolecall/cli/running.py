"""What the commands share: ports around a piece of work, confirmation, and JSON on stdout."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import typer

from rolecall.cli.accepted import accepted_config
from rolecall.cli.options import Options
from rolecall.cli.views.progress import progress_for
from rolecall.core.config import Config
from rolecall.errors import RolecallError, UsageError
from rolecall.ports import Ports
from rolecall.wiring.assembly import Credentials, open_ports
from rolecall.wiring.config_file import load_config

T = TypeVar("T")


def with_ports(
    options: Options,
    work: Callable[[Config, Ports], Awaitable[T]],
    *,
    platforms: bool = True,
    probe: bool = True,
    probe_may_fail: bool = False,
    deploys: bool = False,
    config: Config | None = None,
) -> T:
    """Runs `work` with the config and its ports open. Raises what it raises. `config` is in place of the file's.

    `deploys`: the role is to be deployed, or a plan of that made, so that it must pass the linter; else RoleRefused
    before anything is called. What only looks, or takes the role out, is never refused: on the day of an incident a
    rule must not stand in the way. `probe_may_fail`: the platform's credentials may be missing.
    """
    given = config or (accepted_config(options) if deploys else load_config(options.config))

    async def run() -> T:
        _end_on_termination()
        with progress_for(options) as progress:
            credentials = Credentials(options.profile, options.region)
            async with open_ports(
                given,
                credentials,
                progress,
                platforms=platforms,
                probe=probe,
                probe_may_fail=probe_may_fail,
                folder=options.config.parent,
            ) as ports:
                keep_what_is_there()
                return await work(given, ports)

    try:
        return asyncio.run(run())
    except asyncio.CancelledError as error:  # by SIGTERM; Ctrl-C comes out as KeyboardInterrupt
        raise KeyboardInterrupt from error


_MANY_OBJECTS = 20_000


def keep_what_is_there() -> None:
    """Modules and clients stay until the process ends, so that the collector need not look at them again and again.

    It would do so in more than a third of the roll call's CPU time. https://docs.python.org/3/library/gc.html
    """
    gc.freeze()
    gc.set_threshold(_MANY_OBJECTS)


def _end_on_termination() -> None:
    """The first SIGTERM ends the work as the first Ctrl-C does; another ends the process at once."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def end() -> None:
        loop.remove_signal_handler(signal.SIGTERM)
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)


def end_on_signals() -> None:
    """SIGTERM ends the command as Ctrl-C does, with its cleaning up; so does SIGINT where a shell had it ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def wait_for_interrupt() -> None:
    """Until Ctrl-C or SIGTERM."""
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def confirm(question: str, *, yes: bool) -> None:
    """Raises RolecallError on a no, and UsageError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm it", hint="say --yes to go ahead without being asked")
    if not _asked(question):
        raise RolecallError("declined", detail="nothing was changed")


def _asked(question: str) -> bool:
    """With Ctrl-C and SIGTERM ending it at once: the event loop would only take note."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        answer: bool = typer.confirm(question, err=True)
        return answer
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
