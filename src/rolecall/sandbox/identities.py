"""Who signs a call: access keys and sessions known to the sandbox. Memory only; secrets never leave by `repr`.

Session keys are drawn from the system's randomness: they need not be the same in two runs.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rolecall.sandbox.wire import Caller, Params, PrincipalId, WireError
from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary credentials and whose they are."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    caller: Caller
    expires_at: datetime

    def credentials(self) -> Params:
        """As STS tells them."""
        return {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret,
            "SessionToken": self.token,
            "Expiration": self.expires_at,
        }


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller with the secret that must have signed its request."""

    caller: Caller
    secret: str = field(repr=False)


class Identities:
    """Access keys -> callers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._purge_at = 1024

    def mint(self, caller: Caller, seconds: float) -> Session:
        """A new session of `caller` that ends after `seconds`."""
        self._purge()
        now = self._world.now()
        session = Session(
            access_key_id=self._world.store.access_key_id(caller.account_id, "ASIA"),
            secret=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(120),
            caller=replace(caller, issued_at=now),
            expires_at=now + timedelta(seconds=seconds),
        )
        self._sessions[session.access_key_id] = session
        return session

    def identify(self, access_key_id: str, token: str | None) -> Identity:
        """Raises WireError as AWS does: InvalidClientTokenId (403), ExpiredToken (403)."""
        session = self._sessions.get(access_key_id)
        identity = self._user(access_key_id) if session is None else self._of_session(session, token)
        if not self._world.usable(identity.caller.account_id):
            raise _invalid()
        return identity

    def _of_session(self, session: Session, token: str | None) -> Identity:
        if token is None or not secrets.compare_digest(token.encode(), session.token.encode()):
            raise _invalid()
        if session.expires_at <= self._world.now():
            raise WireError("ExpiredToken", "The security token included in the request is expired", 403)
        principal = self._world.principal(session.caller.principal_arn)
        if principal is None or principal.id != session.caller.principal_id:
            raise _invalid()
        return Identity(session.caller, session.secret)

    def _user(self, access_key_id: str) -> Identity:
        key = self._world.store.access_key(access_key_id)
        if key is None or not key.active:
            raise _invalid()
        user = self._world.store.user(key.account_id, key.user_name)
        if user is None:
            raise _invalid()
        return Identity(Caller(key.account_id, user.arn, user.arn, PrincipalId(user.id)), key.secret)

    def _purge(self) -> None:
        if len(self._sessions) >= self._purge_at:
            now = self._world.now()
            self._sessions = {key: session for key, session in self._sessions.items() if session.expires_at > now}
            self._purge_at = max(1024, 2 * len(self._sessions))


def _invalid() -> WireError:
    return WireError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
