from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.comparison import Move, compared, read_earlier
from rolecall.core.report import report
from rolecall.core.verdicts import Verdict
from rolecall.errors import UsageError
from tests.core.test_report import TAKEN, VALIDATOR, reported

from .worlds import AUDIT, BILLING, MANAGEMENT, desired

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (f"2026-11-{day}T06:00:00Z" for day in (23, 24, 25, 26))
Json = dict[str, Any]


def account(number: int) -> str:
    return f"{number:012}"


def call(taken: str, *verdicts: str, of: int | None = None, first: int = 0) -> Json:
    """A report in which the accounts from `first` on have these verdicts; `of`: how many the organization has."""
    rows = []
    for number, verdict in enumerate(verdicts, first):
        missing = verdict not in ("ready", "excluded", "unknown")
        rows.append(
            {
                "id": account(number),
                "name": f"account {number}",
                "verdict": verdict,
                "not_ready_since": taken if missing else None,
                "last_ready": taken if verdict == "ready" else None,
            }
        )
    organization = {"id": "o-exampleorg", "accounts": of or len(rows)}
    return {"kind": "check", "taken": taken, "organization": organization, "accounts": rows, "comparison": None}


def after(earlier: Json, later: Json, everybody: int | None = None) -> Json:
    """The later report, compared."""
    ids = [account(number) for number in range(everybody or len(later["accounts"]))]
    return compared(later, read_earlier(json.dumps(earlier), "last.json"), ids)


def through(*calls: Json) -> Json:
    """One report after another, each compared with the one before."""
    told = calls[0]
    for later in calls[1:]:
        told = after(told, later)
    return told


def moved(told: Json) -> dict[str, list[str]]:
    """move -> the ids, without the moves that nobody made."""
    return {str(move): ids for move in Move if (ids := [entry["id"] for entry in told["comparison"][move]])}


def only(told: Json) -> Json:
    row: Json = told["accounts"][0]
    return row


@pytest.mark.parametrize(
    ("was", "now", "move"),
    [
        ("ready", "unreachable", "lost"),
        ("ready", "restricted", "lost"),
        ("ready", "unsafe", "lost"),
        ("unreachable", "ready", "gained"),
        ("pending", "ready", "gained"),
        ("restricted", "unreachable", "still_missing"),
        ("ready", "ready", None),
        ("excluded", "excluded", None),
        ("excluded", "unreachable", "new"),
        ("excluded", "ready", "new"),
        ("ready", "excluded", "excluded"),
        ("unreachable", "excluded", "excluded"),
    ],
)
def test_an_account_makes_one_move(was: str, now: str, move: str | None) -> None:
    told = after(call(MONDAY, was), call(TUESDAY, now))
    assert moved(told) == ({move: [account(0)]} if move else {})
    assert told["comparison"]["not_compared"] == 0


@pytest.mark.parametrize(("was", "now"), [("unknown", "ready"), ("unknown", "refused"), ("ready", "unknown")])
def test_what_nobody_could_tell_is_neither_lost_nor_gained(was: str, now: str) -> None:
    told = after(call(MONDAY, was), call(TUESDAY, "unreachable" if now == "refused" else now))
    assert moved(told) == {}
    assert told["comparison"]["not_compared"] == 1


def test_accounts_come_and_go() -> None:
    earlier = read_earlier(json.dumps(call(MONDAY, "ready", "unreachable")), "last.json")
    told = compared(call(TUESDAY, "unreachable", "excluded", first=1), earlier, [account(1), account(2)])
    assert moved(told) == {"still_missing": [account(1)], "new": [account(2)], "left": [account(0)]}
    assert told["comparison"]["left"] == [
        {"id": account(0), "name": "account 0", "was": "ready", "is": None, "since": None}
    ]


def test_what_is_still_missing_says_since_when_through_any_number_of_reports() -> None:
    told = through(call(MONDAY, "ready"), call(TUESDAY, "unreachable"), call(WEDNESDAY, "restricted"))
    told = after(told, call(THURSDAY, "unreachable"))
    assert told["comparison"]["still_missing"][0]["since"] == TUESDAY
    assert (only(told)["not_ready_since"], only(told)["last_ready"]) == (TUESDAY, MONDAY)


def test_what_was_gained_says_since_when_it_was_missing_and_begins_anew() -> None:
    told = through(call(MONDAY, "unreachable"), call(TUESDAY, "ready"))
    assert told["comparison"]["gained"][0]["since"] == MONDAY
    told = after(told, call(WEDNESDAY, "unreachable"))
    assert told["comparison"]["lost"][0]["since"] == WEDNESDAY


def test_an_earlier_report_without_a_date_of_the_account_counts_from_when_it_was_taken() -> None:
    earlier = call(MONDAY, "unreachable")
    earlier["accounts"][0]["not_ready_since"] = None
    assert after(earlier, call(TUESDAY, "unreachable"))["comparison"]["still_missing"][0]["since"] == MONDAY


@pytest.mark.parametrize(("was", "now", "move"), [("ready", "unreachable", "lost"), ("unreachable", "ready", "gained")])
def test_a_roll_call_cut_short_in_between_forgets_nothing(was: str, now: str, move: str) -> None:
    told = through(call(MONDAY, was), call(TUESDAY, "unknown"), call(WEDNESDAY, now))
    assert moved(told) == {move: [account(0)]}
    told = through(call(MONDAY, "unreachable"), call(TUESDAY, "unknown"), call(WEDNESDAY, "unreachable"))
    assert told["comparison"]["still_missing"][0]["since"] == MONDAY


def test_an_account_that_a_report_of_a_few_leaves_out_is_neither_new_nor_gone() -> None:
    few = call(MONDAY, "ready", of=3)
    assert moved(after(few, call(TUESDAY, "ready", "unreachable", "ready"))) == {}
    assert after(few, call(TUESDAY, "ready", "unreachable", "excluded"))["comparison"]["not_compared"] == 1
    assert moved(after(call(MONDAY, "ready", "ready", "ready"), call(TUESDAY, "unreachable", of=3), 3)) == {
        "lost": [account(0)]
    }


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.sampled_from(Verdict)), max_size=12))
def test_every_target_is_compared_once(pairs: list[tuple[Verdict, Verdict]]) -> None:
    told = after(call(MONDAY, *(was for was, _ in pairs)), call(TUESDAY, *(now for _, now in pairs)))
    named = [entry["id"] for move in Move for entry in told["comparison"][move]]
    assert len(named) == len(set(named))
    unchanged = sum(was == now and now in ("ready", "excluded") for was, now in pairs)
    assert len(named) + told["comparison"]["not_compared"] + unchanged == len(pairs)


def test_a_real_report_is_compared_with_itself_and_is_as_the_schema_says() -> None:
    earlier = read_earlier(json.dumps(reported("check")), "last.json")
    told = compared(reported("check"), earlier, [AUDIT, BILLING, MANAGEMENT])
    VALIDATOR.validate(told)
    assert [entry["id"] for entry in told["comparison"]["still_missing"]] == [AUDIT]
    assert len(told["comparison"]["left"]) == 1
    assert told["comparison"]["not_compared"] == 1


def test_the_schema_knows_every_move() -> None:
    known = json.dumps(VALIDATOR.schema["$defs"]["comparison"]["required"])
    assert all(move in known for move in Move)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(reported("check") | {"comparison": {}})


WHOLE = reported("check")


@pytest.mark.parametrize(
    ("text", "summary", "detail"),
    [
        ("", "last.json is not JSON", "Expecting value"),
        ("[" * 100_000, "last.json is not JSON", ""),
        ("[]", "last.json is not a report of `rolecall check`", "does not say which"),
        ("{}", "last.json is not a report of `rolecall check`", "does not say which"),
        (json.dumps(reported("status")), "last.json is not a report of `rolecall check`", "one of `rolecall status`"),
        (json.dumps(WHOLE | {"taken": None}), "last.json cannot be compared with", "taken: "),
        (json.dumps(WHOLE | {"taken": "yesterday"}), "last.json cannot be compared with", "taken: "),
        (json.dumps(WHOLE | {"accounts": [{"id": "1"}]}), "last.json cannot be compared with", "accounts.0.id: "),
        (json.dumps(WHOLE | {"accounts": None}), "last.json cannot be compared with", "accounts: "),
    ],
)  # fmt: skip
def test_what_is_no_report_of_a_check_is_refused_with_a_hint(text: str, summary: str, detail: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_earlier(text, "last.json")
    assert refused.value.summary == summary
    assert detail in refused.value.detail
    assert "--format json --out" in refused.value.hint


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(WHOLE)), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), ANY_JSON, max_size=3))
def test_whatever_stands_in_a_report_is_read_or_refused(other: Json) -> None:
    with suppress(UsageError):
        read_earlier(json.dumps(WHOLE | other), "last.json")


def test_a_report_of_another_organization_is_refused() -> None:
    earlier = read_earlier(json.dumps(WHOLE), "last.json")
    earlier.refuse_other_than("o-exampleorg")
    with pytest.raises(UsageError, match=r"last\.json is a report of another organization"):
        earlier.refuse_other_than("o-otherorg")


def test_the_time_is_told_in_utc() -> None:
    assert report("check", "0.1.0", desired(), None, None, taken=TAKEN)["taken"] == WEDNESDAY
