"""`rolecall status`: the roll without assuming anything. Only reads."""

from __future__ import annotations

from typing import Annotated

import typer

from rolecall.cli import options

SkipPlatforms = Annotated[
    bool, typer.Option("--skip-platforms", help="Do not ask the platforms what is registered with them.")
]


def register(app: typer.Typer) -> None:
    app.command("status", help="One row an account: what is deployed and registered.")(status)


def status(context: typer.Context, skip_platforms: SkipPlatforms = False) -> None:
    from rolecall import __version__
    from rolecall.cli.running import print_json, with_ports
    from rolecall.cli.views import console
    from rolecall.cli.views.changes import print_notes
    from rolecall.cli.views.roll import print_roll
    from rolecall.core.report import report
    from rolecall.flows.look import look

    given, asked = options.of(context), not skip_platforms
    seen = with_ports(given, lambda config, ports: look(config, ports, platforms=asked), platforms=asked, probe=False)
    result = report(
        "status", __version__, seen.desired, seen.rows(), seen.plan.changes, notes=seen.notes, findings=seen.findings
    )
    if given.json:
        print_json(result)
    else:
        print_roll(console.stdout(given), result, verbose=given.verbose)
        print_notes(console.stdout(given), result)
