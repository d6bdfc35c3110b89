"""What happens by itself after the start, as the scenario has it: an API call by somebody, at a time or after a call.

They go the way of all calls, so that events and auto-deployment follow. Works on the world's handlers and store.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from rolecall.sandbox.exchange import Exchange
from rolecall.sandbox.population import DEFAULT_ROLE
from rolecall.sandbox.scenario import LaterSpec
from rolecall.sandbox.sts import role_session
from rolecall.sandbox.wire import Call, Caller, Handlers, PrincipalId, WireError
from rolecall.sandbox.world import World

_log = logging.getLogger(__name__)
_REFERENCE = re.compile(r"\$\{(account|unit):([^}]+)\}")
_SESSION = "later"


class Later:
    """The scenario's later events, each once."""

    def __init__(self, world: World, handlers: Handlers, specs: Sequence[LaterSpec]) -> None:
        self._world = world
        self._handlers = handlers
        self._waiting = [spec for spec in specs if spec.after_call is not None]
        for spec in specs:
            if spec.after_seconds is not None:
                self._at(spec.after_seconds, spec)

    def heard(self, exchange: Exchange) -> None:
        """A call that succeeded may be what some wait for."""
        if not self._waiting or exchange.response is None or exchange.response.status >= 300:
            return
        name = f"{exchange.service}:{exchange.action}"
        for spec in [spec for spec in self._waiting if spec.after_call == name]:
            self._waiting.remove(spec)
            self._at(spec.delay_seconds, spec)

    def _at(self, seconds: float, spec: LaterSpec) -> None:
        self._world.clock.after(seconds, lambda: self._happen(spec))

    def _happen(self, spec: LaterSpec) -> None:
        service, action = spec.call.split(":")
        try:
            caller = self._caller(spec.by)
            params = self._resolved(spec.params)
            handler = self._handlers.get((service, action))
            if handler is not None:
                handler(Call(service, action, params, caller, self._world.region))
            else:
                account_id, region = caller.account_id, self._world.region
                self._world.store.call(service, action, params, account_id=account_id, region=region)
        except WireError as error:
            _log.warning("later %s by %s: %s", spec.call, spec.by or "management", error)

    def _caller(self, name: str | None) -> Caller:
        management = self._world.management_account()
        if name is None:
            arn = f"arn:aws:iam::{management}:root"
            return Caller(management, arn, arn, PrincipalId(management))
        role = self._world.store.role(self._account_id(name), DEFAULT_ROLE)
        if role is None:
            raise WireError("NoSuchEntity", f"{name} has no {DEFAULT_ROLE}", 404)
        return role_session(role, _SESSION)

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        return _REFERENCE.sub(self._id_of, value) if isinstance(value, str) else value

    def _id_of(self, match: re.Match[str]) -> str:
        kind, name = match.groups()
        return self._account_id(name) if kind == "account" else self._unit_id(name)

    def _account_id(self, name: str) -> str:
        accounts = self._world.organization.accounts()
        found = next((account.id for account in accounts if name in (account.name, account.id)), None)
        if found is None:
            raise WireError("AccountNotFoundException", f"there is no account {name}")
        return found

    def _unit_id(self, path: str) -> str:
        organization = self._world.organization
        unit_id = organization.root_id
        for name in filter(None, path.split("/")):
            below = (unit.id for unit in organization.units_in(unit_id) if unit.name == name)
            found = next(below, None)
            if found is None:
                raise WireError("ParentNotFoundException", f"there is no unit {path}")
            unit_id = found
        return unit_id
