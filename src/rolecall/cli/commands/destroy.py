"""`rolecall destroy`: everything back out, in the safe order, and a look whether it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from rolecall.cli.options import Options
    from rolecall.core.config import Config
    from rolecall.core.plan import Change
    from rolecall.core.report import Failure
    from rolecall.flows.destroy import Destroyed
    from rolecall.flows.look import Seen
    from rolecall.ports import Ports


def register(app: typer.Typer) -> None:
    app.command("destroy", help="Take out registrations, roles, stack set and stack, in that order.")(destroy)


def destroy(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_registrations: Annotated[
        bool, typer.Option("--keep-registrations", help="Leave the platforms as they are; do not even ask them.")
    ] = False,
) -> None:
    """Exit 1 when something of ours is left."""
    from rolecall.cli.running import print_json, with_ports
    from rolecall.cli.views import console

    given = options.of(context)

    async def work(config: Config, ports: Ports) -> Destroyed:
        from rolecall.flows.destroy import destroy, removals
        from rolecall.flows.look import look

        seen = await look(config, ports, platforms=not keep_registrations)
        _ask(given, seen, removals(seen.desired, seen.observed), yes=yes)
        return await destroy(seen, ports)

    destroyed = with_ports(given, work, platforms=not keep_registrations, probe=False)
    _print_failures(given, destroyed)
    if given.json:
        print_json(_report(destroyed.seen, destroyed.changes, destroyed.failures))
    else:
        _print(console.stdout(given), destroyed)
    if destroyed.failures or destroyed.left:
        raise typer.Exit(1)


def _report(seen: Seen, changes: tuple[Change, ...], failures: tuple[Failure, ...] | None = None) -> dict[str, Any]:
    from rolecall import __version__
    from rolecall.core.report import report

    return report("destroy", __version__, seen.desired, seen.rows(), changes, failures=failures)


def _ask(given: Options, seen: Seen, changes: tuple[Change, ...], *, yes: bool) -> None:
    from rolecall.cli.running import confirm
    from rolecall.cli.views import console
    from rolecall.cli.views.changes import print_changes

    if not yes and not given.quiet:
        print_changes(console.stderr(given), _report(seen, changes), verbose=given.verbose)
    if changes:
        confirm("Take all of this out?", yes=yes)


def _print_failures(given: Options, destroyed: Destroyed) -> None:
    """What failed and what is left, on stderr in every format."""
    from rolecall.cli.views import console
    from rolecall.cli.views.failures import print_failures

    names = {account.id: account.account.name for account in destroyed.seen.desired.accounts.values()}
    err = console.stderr(given)
    print_failures(err, destroyed.failures, names, told=not given.quiet)
    for change in destroyed.left:
        where = f" in {names.get(change.account, change.account)}" if change.account else ""
        err.print(f"  left: {change.subject}{where}", markup=False)


def _print(target: Any, destroyed: Destroyed) -> None:
    """It can only speak of what this config names: another Region or name is another deployment."""
    if destroyed.left or destroyed.failures:
        return
    desired = destroyed.seen.desired
    where = f"{desired.stack_set_name} in {desired.region}"
    target.print(
        f"Nothing is left of {where}." if destroyed.changes else f"There was nothing of {where}.", markup=False
    )
