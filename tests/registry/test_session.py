from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rolecall.registry.pages.session import BrowserSession, SessionSigner

SIGNER = SessionSigner(b"k" * 32)
SESSION = BrowserSession.begin(datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC), key_id=7)


@pytest.mark.parametrize("session", [SESSION, BrowserSession.begin(SESSION.started)])
def test_a_sealed_session_opens_as_it_was(session: BrowserSession) -> None:
    assert SIGNER.open(SIGNER.seal(session)) == session


def test_a_session_of_another_secret_does_not_open() -> None:
    assert SIGNER.open(SessionSigner(b"x" * 32).seal(SESSION)) is None


def test_a_session_changed_in_any_place_does_not_open() -> None:
    cookie = SIGNER.seal(SESSION)
    for place, character in enumerate(cookie):
        other = "1" if character != "1" else "2"
        assert SIGNER.open(cookie[:place] + other + cookie[place + 1 :]) is None


def test_a_form_token_is_no_signature_of_a_session() -> None:
    payload = SIGNER.seal(SESSION).rpartition(".")[0]
    forged = BrowserSession(payload, None, SESSION.started)
    assert SIGNER.open(f"{payload}.{SIGNER.form_token(forged)}") is None
