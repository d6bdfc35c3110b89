from __future__ import annotations

from collections.abc import Callable

import pytest

from rolecall.errors import AwsError
from tests.registry.fakes import ABSENT_ROLE, GOOD_ROLE, OPEN_ROLE, REFUSAL, FakeProbe

from .visitor import Visitor, text_of

Audited = Callable[[], list[tuple[str, str]]]


def test_a_good_role_is_added_and_its_check_begun(administrator: Visitor, audited: Audited) -> None:
    answer = administrator.send("/accounts/add", name=" prod ", role=f" {GOOD_ROLE}\n")
    page = administrator.follow(answer)
    assert "The role answered, and the account is registered." in page
    assert "Queued Account check of prod 0 of 1 done" in page
    assert audited() == [("account_added", "prod")]


@pytest.mark.parametrize(
    ("name", "role", "status", "reason"),
    [
        ("prod", ABSENT_ROLE, 400, f"cannot be assumed. AWS says: AccessDenied: {REFUSAL}"),
        ("prod", OPEN_ROLE, 400, "can be assumed without the external id"),
        ("taken", GOOD_ROLE, 409, "There is already an account named 'taken'"),
        ("", GOOD_ROLE, 400, "An account needs a name of 1 to 255 characters."),
        ("x" * 256, GOOD_ROLE, 400, "An account needs a name of 1 to 255 characters."),
        ("..", GOOD_ROLE, 400, "A name of only dots cannot stand in a URL."),
        ("prod", "111122223333", 400, "This is not the ARN of a role"),
        ("prod", "AKIAIOSFODNN7EXAMPLE", 400, "This is an access key. Only roles are registered"),
    ],
)
def test_what_cannot_be_added_is_told_why_and_what_was_typed_stays(
    administrator: Visitor,
    audited: Audited,
    add: Callable[..., None],
    name: str,
    role: str,
    status: int,
    reason: str,
) -> None:
    add("taken")
    answer = administrator.send("/accounts/add", name=name, role=role)
    assert answer.status_code == status
    assert reason in text_of(answer)
    assert f'name="role" value="{role}"' in answer.text
    assert audited() == []


def test_where_aws_cannot_be_asked_it_says_so(administrator: Visitor, probe: FakeProbe) -> None:
    probe.error = AwsError("the network is down")
    answer = administrator.send("/accounts/add", name="prod", role=GOOD_ROLE)
    assert answer.status_code == 503
    assert "AWS could not be asked" in text_of(answer)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", ""),
        ("name", "new", "✓ This name is free."),
        ("name", "taken", "✕ There is already an account of this name."),
        ("name", "x" * 256, "✕ An account needs a name of 1 to 255 characters."),
        ("name", "<script>", "✓ This name is free."),
        ("role", "", ""),
        ("role", GOOD_ROLE, "✓ A role in account 111122223333."),
        ("role", "arn:aws:iam::1:role/x", "✕ This is not the ARN of a role"),
        ("role", "<script>alert(1)</script>", "✕ This is not the ARN of a role"),
    ],
)
def test_while_one_types_it_says_what_it_thinks(
    administrator: Visitor, add: Callable[..., None], probe: FakeProbe, field: str, typed: str, said: str
) -> None:
    add("taken")
    answer = administrator.ask(f"/accounts/add/{field}", **{field: typed})
    assert answer.status_code == 200
    assert text_of(answer).startswith(said)
    assert "<script" not in answer.text
    assert probe.asked == []


def test_an_analyst_is_refused_in_words(analyst: Visitor, audited: Audited) -> None:
    refusal = "The role Analyst may not add or remove accounts."
    for answer in (analyst.get("/accounts/add"), analyst.send("/accounts/add", name="prod", role=GOOD_ROLE)):
        assert answer.status_code == 403
        assert refusal in text_of(answer)
    assert audited() == []


def test_a_form_without_the_sessions_token_adds_nothing(administrator: Visitor, audited: Audited) -> None:
    for token in ({}, {"form_token": "0" * 64}):
        answer = administrator.browser.post("/accounts/add", data={"name": "prod", "role": GOOD_ROLE, **token})
        assert answer.status_code == 403
        assert "This form has expired" in answer.text
    assert audited() == []
