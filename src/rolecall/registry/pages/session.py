"""Browser sessions as signed cookies, and the tokens that guard forms. No I/O.

A session names a key by its id, never the key itself. Before sign-in it names none, so that the sign-in form is guarded
like any other. https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_COOKIE = re.compile(r"([\w-]{22})\.(\d{1,18}|-)\.(\d{1,12})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """`key_id` is None before sign-in. `started` is aware, in whole seconds."""

    nonce: str
    key_id: int | None
    started: datetime

    @classmethod
    def begin(cls, now: datetime, key_id: int | None = None) -> BrowserSession:
        return cls(secrets.token_urlsafe(16), key_id, now.replace(microsecond=0))

    def is_over(self, now: datetime, age: timedelta) -> bool:
        return not self.started <= now < self.started + age


class SessionSigner:
    """Seals and opens sessions with one secret, which never leaves the server."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, session: BrowserSession) -> str:
        """The cookie's value."""
        key_id = "-" if session.key_id is None else str(session.key_id)
        payload = f"{session.nonce}.{key_id}.{int(session.started.timestamp())}"
        return f"{payload}.{self._sign('session', payload)}"

    def open(self, cookie: str) -> BrowserSession | None:
        """None for anything that this secret did not seal."""
        match = _COOKIE.fullmatch(cookie)
        if match is None:
            return None
        nonce, key_id, started, signature = match.groups()
        if not hmac.compare_digest(signature, self._sign("session", f"{nonce}.{key_id}.{started}")):
            return None
        return BrowserSession(nonce, None if key_id == "-" else int(key_id), datetime.fromtimestamp(int(started), UTC))

    def form_token(self, session: BrowserSession) -> str:
        """What every form of this session carries, and no other site can know."""
        return self._sign("form", session.nonce)

    def is_form_token(self, session: BrowserSession, token: str) -> bool:
        return hmac.compare_digest(self.form_token(session).encode(), token.encode("utf-8", "surrogatepass"))

    def _sign(self, purpose: str, payload: str) -> str:
        return hmac.digest(self._secret, f"{purpose}:{payload}".encode(), "sha256").hex()
