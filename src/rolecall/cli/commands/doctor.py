"""`rolecall doctor`: everything that has to be right, a line each, with its mend. Only reads, but for `--fix`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolecall.cli.options import Options
    from rolecall.core.config import Config
    from rolecall.core.diagnosis import Line
    from rolecall.flows.doctor import Reach


def register(app: typer.Typer) -> None:
    app.command("doctor", help="Check everything that has to be right: exit 3 when something is not.")(doctor)


def doctor(
    context: typer.Context,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what is safe to mend: turn trusted access for StackSets on.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --fix, do not ask.")] = False,
) -> None:
    import asyncio

    from rolecall import __version__
    from rolecall.cli.running import print_json
    from rolecall.cli.views import console
    from rolecall.cli.views.doctor import print_diagnosis
    from rolecall.core.diagnosis import State, told
    from rolecall.wiring.config_file import load_config

    given = options.of(context)
    config = load_config(given.config)
    lines = [*_role(config), *asyncio.run(_examined(given, config, fix=fix, yes=yes))]
    report = told(__version__, lines)
    if given.json:
        print_json(report)
    else:
        print_diagnosis(console.stdout(given), report)
    if any(line.state is State.PROBLEM for line in lines):
        raise typer.Exit(3)


async def _examined(given: Options, config: Config, *, fix: bool, yes: bool) -> Sequence[Line]:
    from rolecall.cli.views.progress import progress_for
    from rolecall.flows.doctor import diagnose
    from rolecall.wiring.assembly import Credentials
    from rolecall.wiring.reach import open_reach

    with progress_for(given) as progress:
        async with open_reach(config, Credentials(given.profile, given.region), progress) as reach:
            lines = await diagnose(config, reach)
            if fix and await _fixed(reach, lines, yes=yes):
                lines = await diagnose(config, reach)
            return lines


async def _fixed(reach: Reach, lines: Sequence[Line], *, yes: bool) -> bool:
    """Whether anything was mended."""
    from rolecall.cli.running import confirm
    from rolecall.errors import RolecallError
    from rolecall.flows.doctor import can_be_fixed, fix

    if isinstance(reach.ports, RolecallError) or not can_be_fixed(lines):
        return False
    confirm("Turn trusted access for StackSets on in the organization?", yes=yes)
    await fix(reach.ports)
    return True


def _role(config: Config) -> Sequence[Line]:
    """The linter's verdict on the role."""
    from rolecall.core.diagnosis import bad, good
    from rolecall.wiring.lint import review_role

    reviewed = review_role(config)
    if reviewed.findings:
        return [bad("role", f"{finding}", finding.mend) for finding in reviewed.findings]
    aside = len(reviewed.excused)
    told = f"; {aside} set aside, each with a reason" if aside else ""
    return [good("role", f"{config.role.name} breaks none of the linter's rules{told}")]
