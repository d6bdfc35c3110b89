"""`python -m rolecall.sandbox`: serves a sandbox in the foreground until a signal, a stop request, or idleness ends it.

Writes the `export` lines to stdout once it answers; errors go to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rolecall.errors import RolecallError
from rolecall.sandbox.generator import generate
from rolecall.sandbox.scenario import Scenario, load_scenario
from rolecall.sandbox.server import serve

_IDLE_SECONDS = 4 * 3600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 after a clean end, 1 where it could not serve, 2 for a scenario that cannot be used."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_run(options))
    except RolecallError as error:
        lines = [f"error: {error.summary}", error.detail, f"hint: {error.hint}" if error.hint else ""]
        sys.stderr.write("\n".join(filter(None, lines)) + "\n")
        return error.exit_status
    return 0


async def _run(options: argparse.Namespace) -> None:
    sandbox = await serve(
        _scenario(options),
        port=options.port,
        speed=options.speed,
        enforce="all" if options.enforce_iam else "simulate",
        log=options.log,
        directory=options.state,
    )
    try:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sandbox.stop_requested.set)
        sys.stdout.write(export_lines(sandbox.environment()))
        sys.stdout.flush()
        await sandbox.stopped(idle_seconds=options.idle_seconds)
    finally:
        await sandbox.close()


def export_lines(environment: dict[str, str]) -> str:
    """Lines for a shell to evaluate."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def _scenario(options: argparse.Namespace) -> Scenario:
    return load_scenario(options.scenario) if options.accounts is None else generate(options.accounts, options.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rolecall.sandbox", description="A simulated AWS organization.")
    parser.add_argument("--scenario", default="clean", help="a shipped scenario's name, or a YAML file")
    parser.add_argument("--accounts", type=int, help="make up an organization of this many accounts instead")
    parser.add_argument("--seed", type=int, default=0, help="of the made-up organization")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--speed", type=float, help="of simulated durations; 0 is without waiting")
    parser.add_argument("--log", type=Path, help="append one JSON line a request to this file")
    parser.add_argument("--state", type=Path, help="an existing private directory for the sandbox's files")
    parser.add_argument("--idle-seconds", type=float, default=_IDLE_SECONDS, help="end after so long without a call")
    parser.add_argument("--enforce-iam", action="store_true", help="authorize every call, not only policy simulation")
    return parser


if __name__ == "__main__":
    sys.exit(main())
