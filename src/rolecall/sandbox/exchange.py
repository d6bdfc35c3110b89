"""One request and what came of it, as the gateway tells its listeners, the log among them. Writes the log's file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from rolecall.sandbox.stored import HttpRequest, HttpResponse
from rolecall.sandbox.wire import Call, Params, WireError

_IN_THE_WAY = frozenset({"reset", "throttle", "error", "quota"})
"""Faults, and rates, that keep a call from happening at all."""


@dataclass(slots=True)
class Exchange:
    """A request on its way: `call` once it is understood, `error` or `response` once it is answered.

    `faults` are the kinds of those that it met, and `quota` where it came too soon. One whose connection was reset has
    neither error nor response.
    """

    request: HttpRequest
    request_id: str
    time: datetime
    service: str = ""
    action: str | None = None
    call: Call | None = None
    answer: Params | None = None
    error: WireError | None = None
    response: HttpResponse | None = None
    faults: tuple[str, ...] = ()

    @property
    def hindered(self) -> bool:
        """Whether nothing happened, for a reason that another time need not be there."""
        return not _IN_THE_WAY.isdisjoint(self.faults)

    @property
    def user_agent(self) -> str:
        headers = self.request.headers.items()
        return next((value for name, value in headers if name.lower() == "user-agent"), "")


Listener = Callable[[Exchange], None]


def log_to(file: TextIO) -> Listener:
    """Writes one JSON line a request, without credentials or bodies. `reason` tells what no denied caller is told."""

    def write(exchange: Exchange) -> None:
        caller = exchange.call.caller if exchange.call else None
        line: dict[str, object] = {
            "time": exchange.time.isoformat(),
            "caller": caller.arn if caller else None,
            "service": exchange.service,
            "action": exchange.action,
            "account": caller.account_id if caller else None,
            "status": exchange.response.status if exchange.response else None,
        }
        if exchange.error is not None:
            line |= {"error": exchange.error.code, "reason": exchange.error.reason}
        if exchange.faults:
            line["faults"] = exchange.faults
        file.write(json.dumps(line) + "\n")
        file.flush()

    return write
