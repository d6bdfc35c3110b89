"""The work of `rolecall adopt --import-stacks`: plain stacks become instances of the config's stack set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from rolecall.cli.options import Options
from rolecall.cli.running import confirm, with_ports
from rolecall.cli.views import console
from rolecall.cli.views.failures import print_failures
from rolecall.core.adoption.importing import StackArn
from rolecall.core.config import Config
from rolecall.core.report import Failure
from rolecall.errors import ConfigError, Problem, UsageError
from rolecall.flows.importing import Importing, import_stacks, look_at_stacks
from rolecall.ports import Ports
from rolecall.wiring.config_file import load_config
from rolecall.wiring.text_file import read_text


def stacks_named(given: Sequence[str]) -> tuple[StackArn, ...]:
    """ARNs, and files of them. Raises UsageError and ConfigError, with every line that is none."""
    return tuple(dict.fromkeys(stack for text in given for stack in _named(text)))


def import_into(given: Options, stacks: Sequence[StackArn], *, yes: bool) -> None:
    """Asks first. Ends with status 1 where any did not come in."""
    config = load_config(given.config, roles=False)
    found = _run(given, config, stacks)
    names = {account.id: account.account.name for account in found.desired.accounts.values()}
    count = len(found.stacks.coming)
    if count:
        confirm(f"Import {count} stacks into {found.stack_set.name}?", yes=yes)

    async def work(_: Config, ports: Ports) -> tuple[Failure, ...]:
        return await import_stacks(found, ports)

    failures = with_ports(given, work, platforms=False, probe=False, config=config)
    print_failures(console.stderr(given), failures, names)
    failed = {failure.account for failure in failures}
    done = sum(stack.account not in failed for stack in found.stacks.coming)
    if not given.quiet:
        there = f", {len(found.stacks.there)} are in it already" if found.stacks.there else ""
        typer.echo(f"Imported {done} of {len(stacks)} stacks into {found.stack_set.name}{there}.", err=True)
        if config.role.keep_existing and done:
            typer.echo(f"Next: rolecall adopt {found.stack_set.name} --roles, which finds their roles' names", err=True)
    if failures:
        raise typer.Exit(1)


def _run(given: Options, config: Config, stacks: Sequence[StackArn]) -> Importing:
    async def work(config: Config, ports: Ports) -> Importing:
        return await look_at_stacks(config, ports, stacks)

    return with_ports(given, work, platforms=False, probe=False, config=config)


def _named(text: str) -> list[StackArn]:
    if text.startswith("arn:"):
        try:
            return [StackArn.parse(text)]
        except ValueError as error:
            raise UsageError(str(error)) from error
    lines = read_text(Path(text), "file of stacks", "or give a stack's ARN").splitlines()
    problems: list[Problem] = []
    stacks: list[StackArn] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                stacks.append(StackArn.parse(line.strip()))
            except ValueError as error:
                problems.append(Problem(text, number, "", str(error), "a stack's ARN a line, as the console shows it"))
    if problems:
        raise ConfigError(f"{text} has lines that are no stacks", tuple(problems))
    return stacks
