from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.ledger import Entry, Why, from_json, to_json, with_entries, without
from rolecall.errors import ConfigError

THEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DEV = AccountId("100000000004")
TEMPLATE = '{"Resources": {}}'


def entry(account: AccountId = DEV, **changes: Any) -> Entry:
    given = {
        "account": account,
        "name": "dev",
        "stack_set": "rolecall-CadoResponseRole",
        "region": "us-east-1",
        "stack_id": f"arn:aws:cloudformation:us-east-1:{account}:stack/StackSet-x/1",
        "role_arn": RoleArn("aws", account, "/", "CadoResponseRole"),
        "why": Why.INACTIVE,
        "since": THEN,
        "last_seen": THEN,
        "template": TEMPLATE,
    }
    return Entry(**{**given, **changes})


accounts = st.integers(0, 10**12 - 1).map(lambda number: AccountId(f"{number:012}"))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
times = st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
entries = st.builds(
    entry, accounts, name=texts, stack_id=texts, why=st.sampled_from(Why), since=times, last_seen=times, closed=texts,
    template=texts,
)  # fmt: skip


@given(st.lists(entries, max_size=5, unique_by=lambda found: found.key))
def test_what_is_written_is_read_again(some: list[Entry]) -> None:
    assert from_json(to_json(some), "ledger.json") == tuple(sorted(some, key=lambda found: found.key))


def test_a_template_is_kept_once_however_many_stacks_have_it() -> None:
    text = to_json([entry(), entry(AccountId("100000000005"))])
    assert len(json.loads(text)["templates"]) == 1
    assert text.count("Resources") == 1


def test_the_file_is_the_same_whatever_the_order() -> None:
    one, other = entry(), entry(AccountId("100000000005"))
    assert to_json([one, other]) == to_json([other, one])


def test_times_are_written_in_utc() -> None:
    east = THEN.astimezone(timezone(timedelta(hours=2)))
    assert json.loads(to_json([entry(since=east)]))["entries"][0]["since"] == "2026-03-01T12:00:00+00:00"


def test_one_that_is_left_again_keeps_since_when_it_is_and_is_open_again() -> None:
    later = THEN + timedelta(days=9)
    (found,) = with_entries([entry(closed="it left")], [entry(since=later, last_seen=later)])
    assert (found.since, found.last_seen, found.is_open) == (THEN, later, True)


def test_two_stacks_of_one_account_are_two_entries() -> None:
    other = entry(stack_id="arn:aws:cloudformation:us-east-1:100000000004:stack/StackSet-x/2")
    both = with_entries([entry()], [other])
    assert len(both) == 2
    assert without(both, [entry()]) == (other,)


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        from_json(text, "ledger.json")
    return [str(problem) for problem in refused.value.problems]


def changed(**changes: Any) -> str:
    body = json.loads(to_json([entry()]))
    body["entries"][0] |= changes
    return json.dumps(body)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("version: 1\n", "not JSON"),
        ("[]", "some other file"),
        ('{"rolecall_plan": 2}', "some other file"),
        ('{"rolecall_ledger": 2}', "has version 2, and this rolecall reads 1"),
        ('{"rolecall_ledger": true}', "templates"),
        ('{"rolecall_ledger": 1, "entries": {}, "templates": {}}', "ledger.json: entries: must be a list"),
    ],
)
def test_another_file_is_refused(text: str, told: str) -> None:
    assert any(told in problem for problem in problems(text))


def test_all_problems_are_told_at_once() -> None:
    told = problems(changed(account="12", role_arn="nobody", why="bored", since="2026-03-01T12:00:00", more="x"))
    keys = {problem.split(": ")[1] for problem in told}
    assert keys == {f"entries[0].{key}" for key in ("account", "role_arn", "why", "since", "more")}


def test_a_template_that_was_changed_or_is_missing_is_a_problem() -> None:
    body = json.loads(to_json([entry()]))
    (digest,) = body["templates"]
    assert "SHA-256" in problems(json.dumps({**body, "templates": {digest: "other"}}))[0]
    assert "is none of templates" in problems(json.dumps({**body, "templates": {}}))[0]


def test_the_same_stack_twice_is_a_problem() -> None:
    body = json.loads(to_json([entry()]))
    body["entries"] *= 2
    assert "is there twice" in problems(json.dumps(body))[0]


def test_an_entry_prints_no_template() -> None:
    assert TEMPLATE not in repr(replace(entry()))
