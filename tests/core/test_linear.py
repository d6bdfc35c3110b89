"""Twice as many more accounts are twice as much more work. Calls and comparisons are counted, not seconds."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from rolecall.core.breaker import breaker
from rolecall.core.desired import Desired, desire
from rolecall.core.diff import diff
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.notes import notes
from rolecall.core.observed import InstanceStatus, Observed, Registration, StackInstance
from rolecall.core.organization import Account, AccountState, Organization, OrganizationalUnit, by_id
from rolecall.core.plan import Action, make_plan, refuse_if_stale
from rolecall.core.report import report
from rolecall.core.verdicts import rows
from tests.fakes.cloud import config

from .worlds import MANAGEMENT, ROOT, organization, role, stack_set

FEW = 100

counted: Counter[str] = Counter()


class Watched(str):
    """An account's or unit's id that counts how often it is compared or looked up."""

    def __eq__(self, other: object) -> bool:
        counted["comparisons"] += 1
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        counted["comparisons"] += 1
        return str.__hash__(self)


def world(number: int) -> tuple[Desired, Observed]:
    """Every tenth account is where something is left to do, each in another way."""
    units = [OrganizationalUnit(UnitId(Watched(f"ou-ab12-{one:08}")), f"U{one}", ROOT) for one in range(number // 5)]
    accounts = [Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,))]
    for one in range(number):
        unit = units[one % len(units)].id
        state = AccountState.SUSPENDED if one % 10 == 1 else AccountState.ACTIVE
        accounts.append(Account(AccountId(Watched(f"2{one:011}")), f"account-{one}", state, (ROOT, unit)))
    targets = tuple(unit.id for unit in units[: -len(units) // 10])
    known = by_id([OrganizationalUnit(ROOT, "Root", None), *units])
    found = Organization(organization().identity, tuple(accounts), known)
    desired = desire(config(targets={"organizational_units": list(map(str, targets))}), found, targets)
    return desired, observed(desired, [account.id for account in accounts[1:]], tuple(unit.id for unit in units))


def observed(desired: Desired, ids: list[AccountId], units: tuple[UnitId, ...]) -> Observed:
    statuses = {3: InstanceStatus.OUTDATED, 4: InstanceStatus.INOPERABLE}
    there = [
        StackInstance(one, "us-east-1", statuses.get(place % 10, InstanceStatus.CURRENT), "SUCCEEDED", "", units[0])
        for place, one in enumerate(ids)
        if place % 10 != 2
    ]
    strangers = [replace(there[0], account=AccountId(Watched(f"9{place:011}"))) for place in range(len(ids) // 10)]
    registered = [
        Registration("forensics", f"old-{one}" if place % 10 == 5 else f"account-{place} ({one})", one, role(one))
        for place, one in enumerate(ids)
        if place % 10 != 6
    ]
    return Observed(
        stack_set=stack_set(desired, unit_ids=units),
        instances=(*there, *strangers),
        registrations=tuple(registered),
        trusted_access=True,
    )


def planned(desired: Desired, seen: Observed) -> set[Action]:
    """All that a plan takes, with its report, and that a saved one takes to be held against it."""
    changes = diff(desired, seen)
    plan = make_plan(desired, seen, changes)
    found = breaker(desired, seen, changes, 5)
    listed = rows(desired, seen, changes, {})
    report("plan", "0", desired, listed, changes, notes=notes(desired, seen), breaker=found)
    refuse_if_stale(plan, make_plan(desired, replace(seen, operation=None), changes))
    return {change.action for change in changes}


def cost(number: int, work: Callable[[Desired, Observed], Any]) -> Counter[str]:
    """Calls of functions, Python's own among them, and comparisons of ids."""
    desired, seen = world(number)

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            counted["calls"] += 1

    counted.clear()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work(desired, seen)
    finally:
        sys.setprofile(before)
    return Counter(counted)


def test_the_world_has_something_of_everything() -> None:
    assert planned(*world(FEW)) >= {
        Action.CREATE_INSTANCE,
        Action.RETRY_INSTANCE,
        Action.REPAIR_INSTANCE,
        Action.DELETE_INSTANCE,
        Action.DROP_UNIT,
        Action.REGISTER,
        Action.REPLACE_REGISTRATION,
        Action.DEREGISTER,
        Action.BLOCKED,
    }


def growth(work: Callable[[Desired, Observed], Any]) -> dict[str, float]:
    """How much more 200 accounts on top cost than 100 on top: 2 in proportion, 4 where each takes a look at all.

    What does not depend on their number, such as the template, is in neither.
    """
    few, more, many = (cost(FEW * times, work) for times in (1, 2, 4))
    return {what: (many[what] - more[what]) / (more[what] - few[what]) for what in few}


def test_the_work_of_a_plan_is_in_proportion_to_the_accounts() -> None:
    assert growth(planned) == pytest.approx({"calls": 2, "comparisons": 2}, rel=0.05)


@pytest.mark.parametrize("what", ["calls", "comparisons"])
def test_work_that_looks_at_all_accounts_for_each_shows(what: str) -> None:
    def careless(desired: Desired, seen: Observed) -> None:
        listed = [instance.account for instance in seen.instances]
        for account in desired.accounts:
            _ = listed.index(account) if what == "comparisons" and account in listed else [len(one) for one in listed]

    assert growth(careless)[what] > 3.5
