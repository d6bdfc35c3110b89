"""Keeps the ledger of what is left behind: written before the change that leaves it, and held against the next look."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from rolecall.core.ids import AccountId
from rolecall.core.ledger import Entry, with_entries
from rolecall.core.left_behind import left_behind, looked_at
from rolecall.flows.look import Seen
from rolecall.ports import Ports

Entries = tuple[Entry, ...]


async def keep(ports: Ports, change: Callable[[Entries], Entries]) -> Entries:
    """Reads the ledger, and writes it when `change` makes another of it. Raises ConfigError for one that is broken."""
    before = await ports.ledger.read()
    after = change(before)
    if after != before:
        await ports.ledger.write(after)
    return after


async def leave_behind(seen: Seen, ports: Ports, accounts: Collection[AccountId]) -> None:
    """Before the instances of these accounts are deleted with RetainStacks: their stacks go into the ledger."""
    entries = left_behind(seen.desired, seen.observed, accounts, now(ports))
    if entries:
        await keep(ports, lambda known: with_entries(known, entries))


async def hold_against(seen: Seen, ports: Ports, *, repairing: Collection[AccountId] = ()) -> Entries:
    """Before the changes and after them, each with a new look: what a stack set lists is not left behind.

    Before them, since an instance that is deleted then is in no list afterwards either. The entries of accounts that
    are still in repair stay: one of a stack that was taken in again says that its content may be an older one.
    """
    when = now(ports)

    def held(known: Entries) -> Entries:
        settled = [entry for entry in known if entry.account not in repairing]
        kept = [entry for entry in known if entry.account in repairing]
        return with_entries(looked_at(seen.desired, seen.observed, settled, when), kept)

    return await keep(ports, held)


def now(ports: Ports) -> datetime:
    """To the second, as the ledger keeps it."""
    return ports.clock.now().replace(microsecond=0)
