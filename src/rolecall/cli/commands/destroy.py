"""`rolecall destroy`: everything back out, in the safe order, and a look whether it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rolecall.cli.options import Options
    from rolecall.core.config import Config
    from rolecall.core.plan import Change
    from rolecall.core.removals import Only
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
    account: Annotated[
        list[str] | None, typer.Option(help="Only what is in this account; may be given again. The stack set stays.")
    ] = None,
) -> None:
    """Exit 1 when something of ours is left that could be taken out."""
    from rolecall.cli.accounts import parsed_accounts
    from rolecall.cli.running import print_json, with_ports
    from rolecall.cli.views import console
    from rolecall.core.scope import refuse_strangers

    given = options.of(context)
    only = parsed_accounts(account) if account else None

    async def work(config: Config, ports: Ports) -> Destroyed:
        from rolecall.core.removals import removals
        from rolecall.flows.destroy import destroy, settled_look

        seen = await settled_look(config, ports, platforms=not keep_registrations)
        refuse_strangers(seen.desired, only or frozenset())
        _ask(given, seen, removals(seen.desired, seen.observed, only), only, yes=yes)
        return await destroy(seen, ports, only)

    destroyed = with_ports(given, work, platforms=not keep_registrations, probe_may_fail=True)
    _print_failures(given, destroyed)
    result = _report(destroyed.seen, destroyed.changes, _notes(destroyed, only), destroyed.failures)
    if given.json:
        print_json(result)
    else:
        _print(console.stdout(given), destroyed, result, only)
    if not destroyed.well:
        raise typer.Exit(1)


def _report(
    seen: Seen, changes: tuple[Change, ...], notes: Iterable[str], failures: tuple[Failure, ...] | None = None
) -> dict[str, Any]:
    from rolecall import __version__
    from rolecall.core.report import report

    return report("destroy", __version__, seen.desired, seen.rows(), changes, failures=failures, notes=tuple(notes))


def _notes(destroyed: Destroyed, only: Only) -> list[str]:
    """What is proven of the roles, what stays behind, and what comes back."""
    from rolecall.core.gone import farewell_notes
    from rolecall.core.left_notes import ledger_notes, unasked_notes
    from rolecall.core.removals import coming_back

    desired = destroyed.seen.desired
    names = {account.id: account.account.name for account in desired.accounts.values()}
    left = [*ledger_notes(desired, destroyed.ledger), *unasked_notes(desired, destroyed.unasked)]
    return [*farewell_notes(destroyed.farewells, names), *left, *coming_back(desired, only)]


def _ask(given: Options, seen: Seen, changes: tuple[Change, ...], only: Only, *, yes: bool) -> None:
    from rolecall.cli.running import confirm
    from rolecall.cli.views import console
    from rolecall.cli.views.changes import print_changes
    from rolecall.core.removals import coming_back

    if not yes and not given.quiet:
        notes = (*seen.notes, *coming_back(seen.desired, only))
        print_changes(console.stderr(given), _report(seen, changes, notes), verbose=given.verbose)
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


def _print(target: Any, destroyed: Destroyed, result: dict[str, Any], only: Only) -> None:
    """It can only speak of what this config names: another Region or name is another deployment."""
    from rolecall.cli.views.changes import print_notes

    if destroyed.well:
        desired = destroyed.seen.desired
        where = f"{desired.stack_set_name} in {desired.region}" + (f" in {', '.join(sorted(only))}" if only else "")
        target.print(
            f"Nothing is left of {where}." if destroyed.changes else f"There was nothing of {where}.", markup=False
        )
    print_notes(target, result)
