"""What is left to be done after an apply is told."""

from __future__ import annotations

import pytest

from rolecall.core.diff import diff
from rolecall.core.observed import Observed
from rolecall.core.plan import Action, Change, Plan, make_plan
from rolecall.core.report import Failure
from rolecall.core.unfinished import CAME_UP, TAKEN, unfinished
from tests.core.worlds import AUDIT, BILLING, desired


def plan_of(*changes: Change) -> Plan:
    wanted = desired()
    return make_plan(wanted, Observed(), changes or diff(wanted, Observed()))


CREATED = Change(Action.CREATE_INSTANCE, "stack instance of X", AUDIT, "no role yet")
ADDED = Change(Action.ADD_UNIT, "stack set X", None, "ou-1 becomes a target")


@pytest.mark.parametrize(("planned", "why"), [(CREATED, TAKEN), (ADDED, CAME_UP)])
def test_a_change_that_is_left_and_did_not_fail_is_told(planned: Change, why: str) -> None:
    (told,) = unfinished(plan_of(planned), plan_of(CREATED), [])
    assert told == Failure(AUDIT, "stack instance of X", f"no role yet; {why}")


def test_one_that_is_told_already_is_not_told_twice() -> None:
    plan = plan_of(CREATED, ADDED)
    assert unfinished(plan, plan, [Failure(AUDIT, "X", "it failed")]) == []
    assert unfinished(plan, plan, [Failure(None, "AWS refused", "no")]) == []
    assert [found.account for found in unfinished(plan, plan, [Failure(BILLING, "X", "it failed")])] == [AUDIT]
    assert [found.account for found in unfinished(plan, plan, [])] == [AUDIT, None]


def test_what_is_blocked_has_its_reason_already() -> None:
    plan = plan_of(Change(Action.BLOCKED, "stack instance of X", AUDIT, "the name is taken"))
    assert unfinished(plan, plan, []) == []
