from __future__ import annotations

from dataclasses import replace

from rolecall.core.gone import Farewell, Goodbye, farewell_notes, still_answering
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Entry, Why
from rolecall.core.left_notes import ledger_notes, unasked_notes

from .test_ledger import entry
from .worlds import AUDIT, BILLING, MEMBERS, RETIRED, desired, role

GONE = AccountId("999999999999")


def notes(*entries: Entry) -> list[str]:
    return list(ledger_notes(desired(), entries))


def test_nothing_is_said_of_an_empty_ledger() -> None:
    assert notes() == []


def test_each_stack_that_can_be_reached_is_named_with_what_to_do() -> None:
    (note,) = notes(entry(AUDIT, name="audit"))
    assert note == (
        f"left behind in audit ({AUDIT}) since 2026-03-01: arn:aws:iam::{AUDIT}:role/CadoResponseRole with stack "
        f"arn:aws:cloudformation:us-east-1:{AUDIT}:stack/StackSet-x/1; the account was not active. "
        "The account can be reached: `rolecall apply` takes it back, `rolecall destroy` takes it out"
    )


def test_where_nobody_knows_the_stack_it_is_for_the_owner() -> None:
    (note,) = notes(entry(AUDIT, stack_id="", why=Why.RETAINED))
    assert "a stack that no list names; StackSets let go of it when the account left (retain_on_removal)" in note
    assert note.endswith("Nobody knows its stack: delete it there, then run `rolecall destroy` or `rolecall apply`")


def test_the_others_are_counted() -> None:
    assert notes(entry(RETIRED, name="retired"), entry(GONE, name="")) == [
        f"left behind in 1 account (retired ({RETIRED})): not active, so that nobody gets in and nothing can be done "
        "until that changes",
        f"left behind in 1 account ({GONE}): outside the organization, where only the owner can delete it",
    ]


def test_many_are_told_in_few_lines() -> None:
    accounts = [AccountId(f"{number:012}") for number in range(50)]
    everybody = desired(*MEMBERS, *(replace(MEMBERS[1], id=account) for account in accounts))
    told = list(ledger_notes(everybody, [entry(account) for account in accounts]))
    assert len(told) == 4
    assert told[-1] == "left behind in 47 more accounts that can be reached; the ledger has them all"
    outside = notes(*(entry(account) for account in accounts))
    assert len(outside) == 1
    assert outside[0].startswith("left behind in 50 accounts (dev (000000000000), ")
    assert "and 47 more" in outside[0]


def test_accounts_that_nobody_could_ask_are_named_by_reason() -> None:
    unasked = {RETIRED: "the account is not active", AUDIT: "no credentials", BILLING: "no credentials"}
    assert list(unasked_notes(desired(), unasked)) == [
        f"whether a role was left in 1 account that no list has (retired ({RETIRED})) is not known: the account is not "
        "active",
        f"whether a role was left in 2 accounts that no list has (audit ({AUDIT}), billing ({BILLING})) is not known: "
        "no credentials",
    ]


def test_what_is_proven_and_what_is_not_is_told_apart() -> None:
    said = (
        Farewell(AUDIT, role(AUDIT), Goodbye.GONE),
        Farewell(BILLING, role(BILLING), Goodbye.UNPROVEN, "nobody could be asked"),
        Farewell(RETIRED, role(RETIRED), Goodbye.ANSWERS),
    )
    assert list(farewell_notes(said, {BILLING: "billing"})) == [
        "roles proven gone: 1 of 3, which answered before and are refused now",
        "not proven gone: the role in 1 account (billing): nobody could be asked",
    ]
    assert [(found.account, found.subject) for found in still_answering(said)] == [(RETIRED, f"role {role(RETIRED)}")]
    assert list(farewell_notes((), {})) == []
