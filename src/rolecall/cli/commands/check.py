"""`rolecall check`: the roll call. Assumes every role as the platform would; changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.cli.commands.status import SkipPlatforms
from rolecall.cli.reporting import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolecall.cli.options import Options
    from rolecall.core.comparison import Earlier
    from rolecall.core.config import Config
    from rolecall.core.scope import Scope
    from rolecall.flows.checking import Checked
    from rolecall.ports import Ports


def register(app: typer.Typer) -> None:
    app.command("check", help="Call the roll: exit 3 when a target account is not ready.")(check)


def check(
    context: typer.Context,
    account: Annotated[list[str] | None, typer.Option(help="Only this account; may be given again.")] = None,
    format: Annotated[
        Format | None, typer.Option(help="How to write the report; else as --out is named, or a table.")
    ] = None,
    out: Annotated[
        list[Path] | None, typer.Option(help="Write the report to this file instead of stdout; may be given again.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(help="Compare with this earlier report (JSON), which may be the file of --out.", metavar="REPORT"),
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read each role back, and compare trust and policies with what was deployed.")
    ] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Really make one harmless call a permission group, as the role.")
    ] = False,
    changed_since: Annotated[
        Path | None,
        typer.Option(
            help="Only the accounts that were not ready in this earlier report, are new, or whose stack has changed.",
            metavar="REPORT",
        ),
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Only so many of the targets, drawn by lot.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=500, help="How many accounts to ask at a time, in place of the config's.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="How many accounts to ask a second at most.", metavar="N")
    ] = None,
    skip_platforms: SkipPlatforms = False,
) -> None:
    from rolecall.cli.reporting import earlier_report, refuse_nowhere
    from rolecall.cli.running import with_ports
    from rolecall.core.depth import Depth
    from rolecall.wiring.config_file import load_config

    depth = Depth(deep, probe)
    given, asked = options.of(context), not skip_platforms
    refuse_nowhere(out or ())
    scope = _scope(account or [], sample, changed_since)
    earlier = earlier_report(compare or changed_since, out or (), scope.only, few=not scope.is_whole)

    async def work(config: Config, ports: Ports) -> Checked:
        from rolecall.flows.checking import check

        if earlier:
            earlier.refuse_other_than((await ports.organizations.identity()).id)
        return await check(config, ports, scope, platforms=asked, depth=depth)

    config = _with(load_config(given.config), concurrency=concurrency, rate=rate)
    checked = with_ports(given, work, platforms=asked, config=config)
    result = _report(checked, scope, earlier)
    _write(given, config, result, Format.JSON if given.json else format, out or ())
    if checked.error:
        raise checked.error
    if checked.findings or any(row["verdict"] not in ("ready", "excluded") for row in result["accounts"]):
        raise typer.Exit(3)


def _scope(accounts: list[str], sample: int | None, changed_since: Path | None) -> Scope:
    import secrets

    from rolecall.cli.accounts import parsed_accounts
    from rolecall.cli.reporting import earlier_report
    from rolecall.core.scope import Scope

    only = parsed_accounts(accounts)
    known = earlier_report(changed_since, (), only)
    return Scope(only, sample, secrets.token_hex(8), known.ready if known else frozenset())


def _with(config: Config, **given: float | None) -> Config:
    """With what the command line says in place of the config's section `check`."""
    changed = {name: value for name, value in given.items() if value is not None}
    return config.model_copy(update={"check": config.check.model_copy(update=changed)})


def _report(checked: Checked, scope: Scope, earlier: Earlier | None) -> dict[str, Any]:
    """With what was found of who calls the roll; of the accounts in scope, or of all."""
    from datetime import UTC, datetime

    from rolecall import __version__
    from rolecall.core.comparison import compared
    from rolecall.core.report import report

    subject = checked.seen.desired if checked.seen else checked.listed
    assert subject is not None
    wanted = checked.asked | scope.only
    made = report(
        "check",
        __version__,
        subject,
        [row for row in checked.rows if scope.is_whole or row.account.id in wanted],
        checked.seen.plan.changes if checked.seen else None,
        notes=checked.notes,
        findings=checked.seen.findings if checked.seen else None,
        taken=datetime.now(UTC),
        interrupted=checked.interrupted,
        not_proven=checked.not_proven,
    )
    if earlier is None:
        return made
    # Of a list that was cut short nobody knows who has left.
    everybody = subject.accounts.keys() if checked.seen else {account.id for account in earlier.accounts}
    return compared(made, earlier, everybody)


def _write(given: Options, config: Config, result: dict[str, Any], format: Format | None, outs: Sequence[Path]) -> None:
    from rolecall.cli.files import own_files, write_atomically
    from rolecall.cli.reporting import format_of
    from rolecall.cli.views import console

    for out in outs:
        text = _text(given, result, format or format_of(out))
        write_atomically(out, text, never=own_files(given.config, config))
    if outs:
        return
    if format is None or format is Format.TABLE:
        print_check(console.stdout(given), result, verbose=given.verbose)
    else:
        typer.echo(_text(given, result, format), nl=False)


def _text(given: Options, result: dict[str, Any], format: Format) -> str:
    from io import StringIO

    from rolecall import reports
    from rolecall.cli.views import console

    if format is not Format.TABLE:
        return reports.render(reports.Format(format), result)
    out = StringIO()
    print_check(console.to(out, given), result, verbose=given.verbose)
    return out.getvalue()


def print_check(target: Any, result: dict[str, Any], *, verbose: bool = False) -> None:
    from rolecall.cli.views.changes import print_notes
    from rolecall.cli.views.comparison import print_comparison
    from rolecall.cli.views.roll import print_roll

    print_roll(target, result, verbose=verbose)
    if result["interrupted"]:
        target.print("The roll call was cut short: nothing is known of what is unknown, either way")
    print_comparison(target, result, verbose=verbose)
    print_notes(target, result)
    target.print(f"Not proven by a ready: {result['not_proven']}.", style="dim")
