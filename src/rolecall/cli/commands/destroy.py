"""`rolecall destroy`: everything back out, in the safe order, and a look whether it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from rolecall.cli.options import Options
    from rolecall.core.config import Config
    from rolecall.core.plan import Change
    from rolecall.flows.destroy import Destroyed
    from rolecall.flows.look import Seen
    from rolecall.ports import Ports


def register(app: typer.Typer) -> None:
    app.command("destroy", help="Take out registrations, roles, stack set and stack, in that order.")(destroy)


def destroy(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Exit 1 when something of ours is left."""
    from rolecall.cli.running import print_json, with_ports
    from rolecall.cli.views import console

    given = options.of(context)

    async def work(config: Config, ports: Ports) -> Destroyed:
        from rolecall.flows.destroy import destroy, removals
        from rolecall.flows.look import look

        seen = await look(config, ports)
        _ask(given, seen, removals(seen.desired, seen.observed), yes=yes)
        return await destroy(seen, ports)

    destroyed = with_ports(given, work)
    if given.json:
        print_json(_report(destroyed.seen, destroyed.changes))
    else:
        _print(console.stdout(given), destroyed)
    if destroyed.failures or destroyed.left:
        raise typer.Exit(1)


def _report(seen: Seen, changes: tuple[Change, ...]) -> dict[str, Any]:
    from rolecall import __version__
    from rolecall.core.report import report

    return report("destroy", __version__, seen.desired, seen.rows(), changes)


def _ask(given: Options, seen: Seen, changes: tuple[Change, ...], *, yes: bool) -> None:
    from rolecall.cli.running import confirm
    from rolecall.cli.views import console
    from rolecall.cli.views.changes import print_changes

    if not yes and not given.quiet:
        print_changes(console.stderr(given), _report(seen, changes), verbose=given.verbose)
    if changes:
        confirm("Take all of this out?", yes=yes)


def _print(target: Any, destroyed: Destroyed) -> None:
    from rolecall.cli.views.failures import print_failures

    names = {account.id: account.account.name for account in destroyed.seen.desired.accounts.values()}
    print_failures(target, destroyed.failures, names)
    for change in destroyed.left:
        where = f" in {names.get(change.account, change.account)}" if change.account else ""
        target.print(f"  left: {change.subject}{where}", markup=False)
    if not destroyed.left:
        target.print("Nothing of ours is left." if destroyed.changes else "There was nothing to take out.")
