"""`rolecall check`: the roll call. Assumes every role as the platform would; changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.cli.commands.status import SkipPlatforms
from rolecall.cli.reporting import Format

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rolecall.cli.options import Options
    from rolecall.core.comparison import Earlier
    from rolecall.core.config import Config
    from rolecall.core.desired import Desired, DesiredAccount
    from rolecall.core.ids import AccountId
    from rolecall.core.roll import Proof
    from rolecall.flows.look import Seen
    from rolecall.ports import Ports

    Called = tuple[Seen, Mapping[AccountId, Proof], tuple[str, ...], tuple[str, ...]]


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
    skip_platforms: SkipPlatforms = False,
) -> None:
    import asyncio

    from rolecall.cli.accounts import parsed_accounts
    from rolecall.cli.reporting import earlier_report, refuse_nowhere
    from rolecall.cli.running import with_ports

    given, asked = options.of(context), not skip_platforms
    only = parsed_accounts(account or [])
    refuse_nowhere(out or ())
    earlier = earlier_report(compare, out or (), only)

    async def work(config: Config, ports: Ports) -> Called:
        from rolecall.flows.farewell import left_that_answer
        from rolecall.flows.look import look
        from rolecall.flows.roll_call import call_all, caller_findings

        seen = await look(config, ports, platforms=asked)
        if earlier:
            earlier.refuse_other_than(seen.desired.organization.identity.id)
        found = await caller_findings(config, ports)
        proofs: dict[AccountId, Proof] = {}
        try:
            await call_all(config, ports, _to_ask(seen.desired, only), proofs=proofs)
        except asyncio.CancelledError:  # Ctrl-C: what is known is reported, the rest is unknown
            ports.progress.say(f"Interrupted: {len(proofs)} accounts were asked")
        return seen, proofs, found, await left_that_answer(seen, ports)

    seen, proofs, found, left = with_ports(given, work, platforms=asked)
    result = _report(seen, proofs, (*found, *left), only, earlier)
    _write(given, seen.config, result, Format.JSON if given.json else format, out or ())
    if found or any(row["verdict"] not in ("ready", "excluded") for row in result["accounts"]):
        raise typer.Exit(3)


def _report(
    seen: Seen,
    proofs: Mapping[AccountId, Proof],
    found: tuple[str, ...],
    only: frozenset[AccountId],
    earlier: Earlier | None,
) -> dict[str, Any]:
    """The report of a roll call, with what was `found` of who calls it; of `only` those accounts that are named."""
    from datetime import UTC, datetime

    from rolecall import __version__
    from rolecall.core.comparison import compared
    from rolecall.core.report import report

    rows = [row for row in seen.rows(proofs) if not only or row.account.id in only]
    made = report(
        "check",
        __version__,
        seen.desired,
        rows,
        seen.plan.changes,
        notes=(*found, *seen.notes),
        findings=seen.findings,
        taken=datetime.now(UTC),
        interrupted=any(row.account.is_target and row.account.id not in proofs for row in rows),
    )
    return compared(made, earlier, seen.desired.accounts.keys()) if earlier else made


def _to_ask(desired: Desired, only: frozenset[AccountId]) -> list[DesiredAccount]:
    from rolecall.cli.accounts import refuse_strangers

    refuse_strangers(desired, only)
    return [account for account in desired.accounts.values() if account.is_target and (not only or account.id in only)]


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
