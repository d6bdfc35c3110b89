"""A session as a log of calls: written while it goes on, replayed on the same organization. Reads and writes the log.

A recording holds the scenario and, of each call, who made it and what was asked, without signatures or credentials.
What goes to services that keep secrets is left out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from rolecall.errors import ConfigError
from rolecall.sandbox.exchange import Exchange, Listener
from rolecall.sandbox.gateway import Gateway
from rolecall.sandbox.scenario import Scenario
from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.wire import Caller
from rolecall.sandbox.world import World

_VERSION = 1
_KEPT_HEADERS = ("content-type", "x-amz-target", "host")
_SECRET_SERVICES = ("secretsmanager", "ssm", "kms")
_SIGNED_QUERY = re.compile(r"[?&]X-Amz-[\w-]+=[^&]*")


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that was answered otherwise than in the recording. `number` counts calls from 1."""

    number: int
    call: str
    recorded: str
    replayed: str


def record_to(file: TextIO, scenario: Scenario, started: datetime) -> Listener:
    """Writes the head, and then a line for each call that the sandbox understood."""
    head = {"rolecall_sandbox": _VERSION, "scenario": scenario.model_dump(mode="json", by_alias=True)}
    _write(file, head)

    def write(exchange: Exchange) -> None:
        if exchange.call is not None and exchange.service not in _SECRET_SERVICES:
            _write(file, _line(exchange, exchange.call.caller, (exchange.time - started).total_seconds()))

    return write


def read_scenario(path: Path) -> Scenario:
    """The organization that a recording was made on. Raises ConfigError."""
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(file.readline())
        if head.get("rolecall_sandbox") == _VERSION:
            return Scenario.model_validate(head["scenario"])
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"Cannot read the recording {path}", detail=str(error)) from error
    raise ConfigError(
        f"{path} is not a recording of this version", hint="Make one with `rolecall sandbox --record FILE`."
    )


async def replay(path: Path, gateway: Gateway, world: World) -> tuple[int, list[Difference]]:
    """Makes the recorded calls as the recorded callers, with the recorded gaps. How many, and which answers differ."""
    differences, count, at = [], 0, 0.0
    for count, line in enumerate(_lines(path), start=1):
        await world.clock.advance(max(0.0, line["at"] - at))
        at = line["at"]
        response = gateway.perform(_request(line), line["service"], line["region"], _caller(line["caller"]))
        replayed = _outcome(response.status, gateway.last_error)
        if replayed != line["outcome"]:
            differences.append(Difference(count, f"{line['service']}:{line['action']}", line["outcome"], replayed))
    return count, differences


def _line(exchange: Exchange, caller: Caller, at: float) -> dict[str, Any]:
    call = exchange.call
    assert call is not None
    assert exchange.response is not None
    headers = {name: value for name, value in exchange.request.headers.items() if name.lower() in _KEPT_HEADERS}
    return {
        "at": round(at, 3),
        "service": call.service,
        "action": call.action,
        "region": call.region,
        "caller": asdict(caller) | {"transitive_tags": sorted(caller.transitive_tags)},
        "method": exchange.request.method,
        "target": _SIGNED_QUERY.sub("", exchange.request.target),
        "headers": headers,
        "body": base64.b64encode(exchange.request.body).decode(),
        "outcome": _outcome(exchange.response.status, exchange.error.code if exchange.error else None),
    }


def _outcome(status: int, code: str | None) -> str:
    return f"{status} {code}" if code else str(status)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The calls; a last line that was cut off, by a kill, is none."""
    with path.open(encoding="utf-8") as file:
        file.readline()
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def _request(line: dict[str, Any]) -> HttpRequest:
    return HttpRequest(line["method"], line["target"], line["headers"], base64.b64decode(line["body"]))


def _caller(told: dict[str, Any]) -> Caller:
    issued = told.get("issued_at")
    read = {"issued_at": datetime.fromisoformat(issued) if issued else None}
    return Caller(**told | read | {"transitive_tags": frozenset(told["transitive_tags"])})


def _write(file: TextIO, value: dict[str, Any]) -> None:
    file.write(json.dumps(value, default=str) + "\n")
    file.flush()
