"""`rolecall check`: the roll call. Assumes every role as the platform would; changes nothing."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.cli.commands.status import SkipPlatforms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rolecall.cli.options import Options
    from rolecall.core.config import Config
    from rolecall.core.ids import AccountId
    from rolecall.core.roll import Proof
    from rolecall.flows.checking import Checked
    from rolecall.flows.look import Seen
    from rolecall.ports import Ports


class Format(StrEnum):
    """How the report is written."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("check", help="Call the roll: exit 3 when a target account is not ready.")(check)


def check(
    context: typer.Context,
    account: Annotated[list[str] | None, typer.Option(help="Only this account; may be given again.")] = None,
    format: Annotated[Format, typer.Option(help="How to write the report.")] = Format.TABLE,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file instead of stdout.")] = None,
    skip_platforms: SkipPlatforms = False,
) -> None:
    from rolecall.cli.accounts import parsed_accounts
    from rolecall.cli.running import with_ports

    given, asked = options.of(context), not skip_platforms
    only = parsed_accounts(account or [])

    async def work(config: Config, ports: Ports) -> Checked:
        from rolecall.core.scope import Scope
        from rolecall.flows.checking import check

        return await check(config, ports, Scope(only), platforms=asked)

    checked = with_ports(given, work, platforms=asked)
    seen, found = checked.seen, checked.findings
    result = _report(seen, checked.proofs, found, only)
    _write(given, seen.config, result, Format.JSON if given.json else format, out)
    if found or any(row["verdict"] not in ("ready", "excluded") for row in result["accounts"]):
        raise typer.Exit(3)


def _report(
    seen: Seen, proofs: Mapping[AccountId, Proof], found: tuple[str, ...], only: frozenset[AccountId]
) -> dict[str, Any]:
    """The report of a roll call, with what was `found` of who calls it; of `only` those accounts that are named."""
    from rolecall import __version__
    from rolecall.core.report import report

    rows = [row for row in seen.rows(proofs) if not only or row.account.id in only]
    notes = (*found, *seen.notes)
    return report("check", __version__, seen.desired, rows, seen.plan.changes, notes=notes, findings=seen.findings)


def _write(given: Options, config: Config, result: dict[str, Any], format: Format, out: Path | None) -> None:
    import json
    from io import StringIO

    from rolecall.cli.files import own_files, write_atomically
    from rolecall.cli.running import print_json
    from rolecall.cli.views import console

    if out:
        text = StringIO()
        if format is Format.JSON:
            text.write(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        else:
            print_check(console.to(text, given), result)
        write_atomically(out, text.getvalue(), never=own_files(given.config, config))
    elif format is Format.JSON:
        print_json(result)
    else:
        print_check(console.stdout(given), result)


def print_check(target: Any, result: dict[str, Any]) -> None:
    from rolecall.cli.views.changes import print_notes
    from rolecall.cli.views.roll import print_roll
    from rolecall.core.roll import NOT_PROVEN

    print_roll(target, result)
    print_notes(target, result)
    target.print(f"Not proven by a ready: {NOT_PROVEN}.", style="dim")
