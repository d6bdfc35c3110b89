"""`rolecall demo`: sandbox, registry, plan, apply and check on a realistic organization, in one go.

It runs the same commands that a person would, as processes of their own, and leaves nothing behind.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rolecall.cli import options


def register(app: typer.Typer) -> None:
    app.command("demo", help="The whole job on a simulated organization, in one go.")(demo)


def demo(
    context: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Leave the registry's page up until Ctrl-C.")] = False,
    speed: Annotated[float, typer.Option(min=0, help="How long things take: 1 as they would, 0 no time.")] = 1.0,
) -> None:
    from rolecall.cli.demo import run
    from rolecall.cli.extras import need

    need("registry", "sandbox")
    run(options.of(context), serve=serve, speed=speed)
