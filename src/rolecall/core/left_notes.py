"""What the ledger holds, in sentences for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rolecall.core.counting import accounts as counted
from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Entry, Why

_NAMED = 3
_BECAUSE = {
    Why.INACTIVE: "the account was not active",
    Why.DEPARTED: "the account had left the organization",
    Why.INOPERABLE: "StackSets could not delete it",
    Why.RETAINED: "StackSets let go of it when the account left (retain_on_removal)",
}


def ledger_notes(desired: Desired, entries: Sequence[Entry]) -> Iterator[str]:
    """Each stack that something can be done about, then the others, counted."""
    reach = [entry for entry in entries if _lives(desired, entry)]
    for entry in reach[:_NAMED]:
        yield (
            f"left behind in {_entry(entry)} since {entry.since:%Y-%m-%d}: {entry.role_arn} with {_stack(entry)}; "
            f"{_BECAUSE[entry.why]}. {_mend(desired, entry)}"
        )
    if len(reach) > _NAMED:
        yield f"left behind in {len(reach) - _NAMED} more accounts that can be reached; the ledger has them all"
    waiting = [entry for entry in entries if entry.account in desired.accounts and not _lives(desired, entry)]
    yield from _counted(waiting, "not active, so that nobody gets in and nothing can be done until that changes")
    outside = [entry for entry in entries if entry.account not in desired.accounts]
    yield from _counted(outside, "outside the organization, where only the owner can delete it")


def unasked_notes(desired: Desired, unasked: Mapping[AccountId, str]) -> Iterator[str]:
    """Accounts in no list where nobody could ask for a role that somebody let go of, a line a reason."""
    for reason in dict.fromkeys(unasked.values()):
        places = [_called(desired, account) for account, why in unasked.items() if why == reason]
        where = f"{counted(len(places))} that no list has ({_few(places)})"
        yield f"whether a role was left in {where} is not known: {reason}"


def _lives(desired: Desired, entry: Entry) -> bool:
    account = desired.accounts.get(entry.account)
    return account is not None and account.account.active


def _mend(desired: Desired, entry: Entry) -> str:
    if entry.stack_id:
        back = "`rolecall apply` takes it back, " if desired.accounts[entry.account].is_target else ""
        return f"The account can be reached: {back}`rolecall destroy` takes it out"
    return "Nobody knows its stack: delete it there, then run `rolecall destroy` or `rolecall apply`"


def _counted(entries: Sequence[Entry], why: str) -> Iterator[str]:
    if entries:
        yield f"left behind in {counted(len(entries))} ({_named(entries)}): {why}"


def _named(entries: Iterable[Entry]) -> str:
    return _few([_entry(entry) for entry in entries])


def _few(places: Sequence[str]) -> str:
    return ", ".join(places[:_NAMED]) + (f" and {len(places) - _NAMED} more" if len(places) > _NAMED else "")


def _entry(entry: Entry) -> str:
    return _place(entry.name, entry.account)


def _called(desired: Desired, account: AccountId) -> str:
    return _place(desired.accounts[account].account.name, account)


def _place(name: str, account: AccountId) -> str:
    return f"{name} ({account})" if name else account


def _stack(entry: Entry) -> str:
    return f"stack {entry.stack_id}" if entry.stack_id else "a stack that no list names"
