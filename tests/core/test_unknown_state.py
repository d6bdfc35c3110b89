"""An account whose state AWS names by a word that we do not know is no target, and nothing is taken out of it."""

from __future__ import annotations

from dataclasses import replace

from rolecall.core.diff import diff
from rolecall.core.organization import AccountState
from tests.core.worlds import AUDIT, MANAGEMENT, MEMBERS, desired, settled


def test_nothing_is_removed_for_a_state_that_is_not_known() -> None:
    before = desired()
    accounts = [
        replace(account, state=AccountState.UNKNOWN) if account.id in (MANAGEMENT, AUDIT) else account
        for account in MEMBERS
    ]
    after = desired(*accounts)
    assert not after.accounts[AUDIT].is_target
    assert diff(after, settled(before)) == ()


def test_a_state_that_is_known_lets_go() -> None:
    before = desired()
    accounts = [replace(account, state=AccountState.CLOSED) if account.id == AUDIT else account for account in MEMBERS]
    assert {change.action for change in diff(desired(*accounts), settled(before))} == {"deregister"}
