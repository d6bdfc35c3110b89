"""What happens by itself after the start, as the scenario has it: an API call by somebody, at a time or after a call.

They go the way of all calls, so that events and auto-deployment follow. Works on the world's handlers and store.
Whether they are calls at all is told beforehand, by botocore's models; what still goes wrong is logged.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, OperationNotFoundError
from botocore.validate import ParamValidator

from rolecall.sandbox.exchange import Exchange
from rolecall.sandbox.gateway import OWNED
from rolecall.sandbox.organization import DEFAULT_ROLE
from rolecall.sandbox.scenario import Finding, LaterSpec, Scenario
from rolecall.sandbox.store_wire import service_model
from rolecall.sandbox.sts import role_session
from rolecall.sandbox.trail import traced
from rolecall.sandbox.validation import validation_message
from rolecall.sandbox.wire import Call, Caller, Handlers, Params, PrincipalId, WireError
from rolecall.sandbox.world import World

_log = logging.getLogger(__name__)
_REFERENCE = re.compile(r"\$\{(account|unit):([^}]+)\}")
_SAMPLES = {"account": "123456789012", "unit": "ou-abcd-12345678"}
"""Ids that stand for what a call refers to, which may come only later."""
_SESSION = "later"


def problems(scenario: Scenario) -> Iterator[Finding]:
    """What AWS's API has against the calls: operations that it lacks, parameters that they do not take."""
    for index, spec in enumerate(scenario.later):
        for key, name in (("after_call", spec.after_call), ("call", spec.call)):
            if name is not None and _operation(name) is None:
                yield ("later", index, key), f"AWS's API has no {name}"
        operation = _operation(spec.call)
        problem = (
            _problem(operation, _resolved(spec.params, lambda reference: _SAMPLES[reference[1]])) if operation else None
        )
        if problem:
            yield ("later", index, "params"), problem


Made = Callable[[Call, Params | None, WireError | None], None]
"""Told of every call with what came of it: an answer, where the sandbox gave one itself, or an error."""


class Later:
    """The scenario's later events, each once. `made` is told of them, as they do not come by the gateway."""

    def __init__(self, world: World, handlers: Handlers, specs: Sequence[LaterSpec], made: Made) -> None:
        self._world = world
        self._handlers = handlers
        self._made = made
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
        try:
            self._make(spec)
        except Exception as error:
            bug = not isinstance(error, WireError)
            _log.warning("later %s by %s: %s", spec.call, spec.by or "management", error, exc_info=bug)

    def _make(self, spec: LaterSpec) -> None:
        service, action = spec.call.split(":")
        params, caller = _resolved(spec.params, self._id_of), self._caller(spec.by)
        call = traced(self._world, Call(service, action, params, caller, self._world.region))
        try:
            answer = self._answer(call)
        except WireError as error:
            self._made(call, None, error)
            raise
        self._made(call, answer, None)

    def _answer(self, call: Call) -> Params | None:
        """None where the store answers: its answers are told of no call."""
        handler = self._handlers.get((call.service, call.action))
        if handler is not None:
            return handler(call)
        if call.service in OWNED:
            raise WireError("NotImplemented", f"The sandbox does not have {call.service} {call.action}.", 501)
        account_id = call.caller.account_id
        self._world.store.call(call.service, call.action, call.params, account_id=account_id, region=call.region)
        return None

    def _caller(self, name: str | None) -> Caller:
        management = self._world.management_account()
        if name is None:
            arn = f"arn:aws:iam::{management}:root"
            return Caller(management, arn, arn, PrincipalId(management))
        role = self._world.store.role(self._account_id(name), DEFAULT_ROLE)
        if role is None:
            raise WireError("NoSuchEntity", f"{name} has no {DEFAULT_ROLE}", 404)
        return role_session(role, _SESSION)

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


def _operation(name: str) -> OperationModel | None:
    """The model of `service:Operation`, or None."""
    service, action = name.split(":")
    try:
        return service_model(service).operation_model(action)
    except (UnknownServiceError, OperationNotFoundError):
        return None


def _problem(operation: OperationModel, params: Mapping[str, Any]) -> str | None:
    """The SDK's words for what is not of the operation's form, else AWS's for values that it would refuse."""
    shape = operation.input_shape
    if shape is None:
        return f"{operation.name} takes no parameters" if params else None
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        return "; ".join(report.generate_report().splitlines())
    return validation_message(shape, params)


def _resolved(value: Any, id_of: Callable[[re.Match[str]], str]) -> Any:
    """The value with ids in place of its references."""
    if isinstance(value, dict):
        return {key: _resolved(item, id_of) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, id_of) for item in value]
    return _REFERENCE.sub(id_of, value) if isinstance(value, str) else value
