"""`rolecall plan`: the three-way plan, printed for people and saved for machines. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rolecall.cli import options

RetryBlocked = Annotated[
    bool, typer.Option("--retry-blocked", help="Try again where something was in the way the last time.")
]

Drift = Annotated[
    bool, typer.Option("--drift", help="Have StackSets look into every account for what was changed by hand.")
]


def register(app: typer.Typer) -> None:
    app.command("plan", help="Show what apply would do; changes nothing.")(plan)


def plan(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Save the plan to this file, for `apply FILE`.")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 3 when changes are pending.")
    ] = False,
    retry_blocked: RetryBlocked = False,
    drift: Drift = False,
) -> None:
    from rolecall import __version__
    from rolecall.cli.files import own_files, write_atomically
    from rolecall.cli.running import print_json, with_ports
    from rolecall.cli.views import console
    from rolecall.cli.views.changes import print_changes
    from rolecall.core.report import report
    from rolecall.flows.look import look

    given = options.of(context)
    seen = with_ports(
        given,
        lambda config, ports: look(config, ports, retry_blocked=retry_blocked, drift=drift),
        probe=False,
        deploys=True,
    )
    if out:
        write_atomically(out, seen.plan.to_json(), never=own_files(given.config, seen.config))
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
    if given.json:
        print_json(result)
    else:
        print_changes(console.stdout(given), result, verbose=given.verbose)
    if detailed_exitcode and seen.plan.pending:
        raise typer.Exit(3)
