"""`python -m rolecall.sandbox`: serves a sandbox in the foreground until a signal, a stop request, or idleness ends it.

Writes the `export` lines to stdout once it answers; errors go to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rolecall.errors import ConfigError, RolecallError
from rolecall.sandbox import directory as files
from rolecall.sandbox import later
from rolecall.sandbox.builder import build
from rolecall.sandbox.generator import generate
from rolecall.sandbox.recording import read_head, replay
from rolecall.sandbox.scenario import Scenario, load_scenario
from rolecall.sandbox.server import assemble, serve

_IDLE_SECONDS = 4 * 3600.0


class AnsweredOtherwise(RolecallError):
    """A replay found answers that differ from the recorded ones."""

    exit_status = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 after a clean end, 1 where it could not serve, 2 for a scenario that cannot be used."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_run(options))
    except RolecallError as error:
        if options.state and options.state.is_dir():
            files.write_failure(options.state, error)
        problems = error.problems if isinstance(error, ConfigError) else ()
        lines = [f"error: {error.summary}", error.detail, *map(str, problems)]
        lines.append(f"hint: {error.hint}" if error.hint else "")
        sys.stderr.write("\n".join(filter(None, lines)) + "\n")
        return error.exit_status
    return 0


async def _run(options: argparse.Namespace) -> None:
    if options.replay:
        await _replay(options.replay)
        return
    sandbox = await serve(
        _scenario(options),
        port=options.port,
        speed=options.speed,
        enforce="all" if options.enforce_iam else "simulate",
        log=options.log,
        record=options.record,
        behind=options.behind,
        directory=options.state,
    )
    try:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sandbox.stop_requested.set)
        sys.stdout.write(files.export_lines(sandbox.environment()))
        sys.stdout.flush()
        await sandbox.stopped(idle_seconds=options.idle_seconds)
    finally:
        await sandbox.close()


async def _replay(recording: Path) -> None:
    """Raises RolecallError with every answer that differs from the recorded one. The wall's time plays no part."""
    head = read_head(recording)
    scenario = head.scenario.model_copy(
        update={"switches": head.scenario.switches.model_copy(update={"quotas": "none"})}
    )
    built = build(scenario, speed=head.speed, enforcement=head.enforcement, now=lambda: head.started)
    done = await replay(recording, assemble(built, scenario), built.world)
    if done.differences:
        said = "\n".join(f"call {d.number} {d.call}: {d.recorded} then, {d.replayed} now" for d in done.differences)
        raise AnsweredOtherwise(f"{len(done.differences)} of {done.made} calls were answered otherwise", detail=said)
    sys.stdout.write(f"{done.made} calls, all answered as recorded\n")
    if done.passed_over:
        sys.stdout.write(f"{done.passed_over} that met a fault or a rate were passed over\n")


def _scenario(options: argparse.Namespace) -> Scenario:
    """The scenario, and what the command line changes of it."""
    if options.accounts is None:
        known = load_scenario(options.scenario, also=[later.problems])
    else:
        known = generate(options.accounts, options.seed)
    switches = {"quotas": options.quotas, "latency_ms": options.latency_ms}
    given = {name: value for name, value in switches.items() if value is not None}
    changes: dict[str, object] = {"switches": known.switches.model_copy(update=given)}
    if options.events_webhook:
        changes["webhooks"] = (*known.webhooks, *options.events_webhook)
    return known.model_copy(update=changes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rolecall.sandbox", description="A simulated AWS organization.")
    parser.add_argument("--scenario", default="clean", help="a shipped scenario's name, or a YAML file")
    parser.add_argument("--accounts", type=int, help="make up an organization of this many accounts instead")
    parser.add_argument("--seed", type=int, default=0, help="of the made-up organization")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--speed", type=float, help="of simulated durations; 0 is without waiting")
    parser.add_argument("--log", type=Path, help="append one JSON line a request to this file")
    parser.add_argument("--record", type=Path, help="write the session's calls to this file")
    parser.add_argument("--behind", help="URL of a proxy in front, which clients call and sign for")
    parser.add_argument("--replay", type=Path, help="make a recording's calls again and say which answers differ")
    parser.add_argument("--quotas", choices=["none", "aws"], help="throttle at AWS's published rates")
    parser.add_argument("--latency-ms", type=float, help="real time that every call takes longer")
    parser.add_argument("--events-webhook", action="append", help="post every event to this URL")
    parser.add_argument("--state", type=Path, help="an existing private directory for the sandbox's files")
    parser.add_argument("--idle-seconds", type=float, default=_IDLE_SECONDS, help="end after so long without a call")
    parser.add_argument("--enforce-iam", action="store_true", help="authorize every call, not only policy simulation")
    return parser


if __name__ == "__main__":
    sys.exit(main())
