"""`rolecall apply`: makes the changes of a plan, asks first, explains every account that did not succeed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.cli.commands.plan import Drift, RetryBlocked

if TYPE_CHECKING:
    from rolecall.cli.options import Options
    from rolecall.core.config import Config
    from rolecall.core.plan import Plan
    from rolecall.flows.apply import Applied
    from rolecall.flows.look import Seen
    from rolecall.ports import Ports


def register(app: typer.Typer) -> None:
    app.command("apply", help="Deploy the role, call the roll of new roles, and register those that answer.")(apply)


def apply(
    context: typer.Context,
    plan_file: Annotated[Path | None, typer.Argument(help="A plan saved by `plan --out`; refused when stale.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    retry_blocked: RetryBlocked = False,
    drift: Drift = False,
    allow_removals: Annotated[
        int | None, typer.Option(min=0, help="Take the role from so many accounts, where the breaker would stop.")
    ] = None,
) -> None:
    """Exit 1 when something failed, 3 when something is still blocked or a role that was asked is not ready."""
    from rolecall.cli.running import print_json, with_ports
    from rolecall.cli.views import console

    given = options.of(context)
    saved = _read_plan(plan_file) if plan_file else None

    async def work(config: Config, ports: Ports) -> Applied:
        from rolecall.core.plan import refuse_if_stale
        from rolecall.flows.apply import apply, settled_look
        from rolecall.flows.look import look

        seen = await look(config, ports, retry_blocked=retry_blocked, drift=drift)
        seen = await settled_look(seen, ports, retry_blocked=retry_blocked, drift=drift)
        if saved:
            refuse_if_stale(saved, seen.plan, seen.names)
        seen.breaker.check(allow_removals)
        _ask(given, seen, yes=yes)
        return await apply(seen, ports, allow_removals=allow_removals)

    applied = with_ports(given, work, deploys=True)
    result = report_of(applied)
    _print_failures(given, applied)
    if given.json:
        print_json(result)
    else:
        print_applied(console.stdout(given), applied, result)
    if applied.failures or applied.seen.plan.pending:
        raise typer.Exit(1)
    if not applied.well:
        raise typer.Exit(3)


def report_of(applied: Applied) -> dict[str, Any]:
    from rolecall import __version__
    from rolecall.core.report import report

    rows, changes = applied.seen.rows(applied.proofs), applied.plan.changes
    return report(
        "apply",
        __version__,
        applied.seen.desired,
        rows,
        changes,
        failures=applied.failures,
        notes=(*_goodbyes(applied), *applied.seen.notes),
        findings=applied.seen.findings,
    )


def _goodbyes(applied: Applied) -> list[str]:
    from rolecall.core.gone import farewell_notes

    return list(farewell_notes(applied.goodbyes, applied.seen.names))


def _print_failures(given: Options, applied: Applied) -> None:
    """On stderr, in every format: no failure is lost to whoever reads only the data."""
    from rolecall.cli.views import console
    from rolecall.cli.views.failures import print_failures

    print_failures(console.stderr(given), applied.failures, applied.seen.names, told=not given.quiet)


def _read_plan(path: Path) -> Plan:
    from rolecall.core.plan import Plan
    from rolecall.errors import UsageError

    try:
        return Plan.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        hint = "make one with `rolecall plan --out FILE`"
        raise UsageError(f"the plan file {path} cannot be read", detail=str(error), hint=hint) from error


def _ask(given: Options, seen: Seen, *, yes: bool) -> None:
    from rolecall import __version__
    from rolecall.cli.running import confirm
    from rolecall.cli.views import console
    from rolecall.cli.views.changes import print_changes
    from rolecall.core.report import report

    if not yes and not given.quiet:
        result = report(
            "plan",
            __version__,
            seen.desired,
            seen.rows(),
            seen.plan.changes,
            notes=seen.notes,
            breaker=seen.breaker,
            findings=seen.findings,
        )
        print_changes(console.stderr(given), result, verbose=given.verbose)
    if seen.plan.pending:
        confirm("Make these changes?", yes=yes)


def print_applied(target: Any, applied: Applied, result: dict[str, Any]) -> None:
    """How many of the changes were made, what was blocked, which roles do not answer, then the summary."""
    from rolecall.cli.views.changes import print_blocked, print_notes
    from rolecall.cli.views.roll import print_not_ready, print_summary

    planned = len(applied.plan.pending)
    target.print(f"{applied.done} of {planned} changes applied" if planned else "Nothing to do")
    print_blocked(target, result)
    print_notes(target, {"notes": _goodbyes(applied)})
    print_not_ready(target, result, applied.proofs.keys())
    print_summary(target, result)
