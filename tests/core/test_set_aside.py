"""What the config sets aside stands in every plan, and a plan made before it does not hold after."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core.diff import diff
from rolecall.core.notes import notes
from rolecall.core.observed import Observed
from rolecall.core.plan import Plan, make_plan, refuse_if_stale
from rolecall.core.report import report
from rolecall.core.verdicts import rows
from rolecall.errors import PlanRefused
from tests.fakes.cloud import EXTERNAL_ID, config

from .worlds import desired

EXCEPTION = {"rule": "privilege-escalation", "statement": "Ours", "reason": "the vendor's\n  new form"}
NOTHING = Observed(trusted_access=True)


def noted(**role: Any) -> tuple[str, ...]:
    return notes(desired(wanted=config(role=role)), NOTHING)


def planned(**role: Any) -> Plan:
    wanted = desired(wanted=config(role=role))
    return make_plan(wanted, NOTHING, diff(wanted, NOTHING))


def test_an_exception_is_a_note_on_one_line_with_rule_statement_and_reason() -> None:
    assert noted(exceptions=[EXCEPTION]) == (
        "rule privilege-escalation is set aside for statement Ours: the vendor's new form",
    )


def test_an_exception_for_all_says_so() -> None:
    (note,) = noted(exceptions=[{"rule": "account-check-off", "reason": "buckets only"}])
    assert note == "rule account-check-off is set aside for the whole role: buckets only"


def test_a_trusted_account_and_no_external_id_are_notes_with_their_reasons() -> None:
    accounts = [{"account": "222222222222", "reason": "the vendor moves"}]
    assert noted(trusted_accounts=accounts, external_id="none", external_id_reason="our own account") == (
        "rule missing-external-id is set aside for the whole trust policy: our own account",
        "rule account-without-principal-arn is set aside for the trust of account 222222222222: the vendor moves",
    )


def test_a_reason_that_sets_nothing_aside_is_no_note() -> None:
    assert noted(external_id_reason="from before") == ()


def test_the_notes_are_in_the_json_report() -> None:
    wanted = desired(wanted=config(role={"exceptions": [EXCEPTION]}))
    changes = diff(wanted, NOTHING)
    told = report("plan", "0", wanted, rows(wanted, NOTHING, changes, {}), changes, notes=notes(wanted, NOTHING))
    assert told["notes"] == list(wanted.set_aside)


@pytest.mark.parametrize("changes", [{"reason": "another"}, {"statement": "Other"}, {"rule": "wildcard-action"}])
def test_a_plan_does_not_outlive_the_exceptions_that_it_was_made_with(changes: dict[str, str]) -> None:
    """Though no byte of the template differs."""
    before, after = planned(exceptions=[EXCEPTION]), planned(exceptions=[EXCEPTION | changes])
    assert before.changes == after.changes
    with pytest.raises(PlanRefused):
        refuse_if_stale(before, after)
    refuse_if_stale(before, planned(exceptions=[EXCEPTION]))


def test_no_external_id_is_in_what_is_set_aside() -> None:
    wanted = desired(wanted=config(role={"exceptions": [EXCEPTION], "former_external_ids": ["former-id-canary"]}))
    assert EXTERNAL_ID not in str(wanted.set_aside)
    assert "former-id-canary" not in str(wanted.set_aside)
