"""A session as a log of calls: written while it goes on, replayed on the same organization. Reads and writes the log.

A recording's head holds the scenario and what else decides answers. A line for each call follows: who made it and what
was asked, without signatures or credentials. What goes to services that keep secrets is left out. What met a fault or a
rate is marked and not made again: it would need the same weather.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, get_args

from rolecall.errors import ConfigError
from rolecall.sandbox.exchange import Exchange, Listener
from rolecall.sandbox.gateway import Gateway
from rolecall.sandbox.scenario import Scenario
from rolecall.sandbox.store_wire import stand_in
from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.wire import Caller
from rolecall.sandbox.world import Enforcement, World

_VERSION = 2
_KEPT_HEADERS = re.compile(r"host|range|content-(type|encoding|md5)|if-.*|x-amz-.*")
_SECRET_HEADERS = re.compile(r"x-amz-(security-token|.*customer-key.*)")
_SECRET_SERVICES = ("secretsmanager", "ssm", "kms")
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Head:
    """What a session's answers depend on, beside its calls. `started` is the sandbox's time."""

    scenario: Scenario
    enforcement: Enforcement
    speed: float
    started: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that was answered otherwise than in the recording. `number` counts lines of calls from 1."""

    number: int
    call: str
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many calls were made again, how many were passed over, and which were answered otherwise."""

    made: int
    passed_over: int
    differences: list[Difference]


def record_to(file: TextIO, head: Head) -> Listener:
    """Writes the head, and then a line for each call that the sandbox understood."""
    scenario = head.scenario.model_dump(mode="json", by_alias=True)
    told = {"scenario": scenario, "enforcement": head.enforcement, "speed": head.speed}
    _write(file, {"rolecall_sandbox": _VERSION, **told, "started": head.started.isoformat()})

    def write(exchange: Exchange) -> None:
        if exchange.call is not None and exchange.service not in _SECRET_SERVICES:
            _write(file, _line(exchange, exchange.call.caller, (exchange.time - head.started).total_seconds()))

    return write


def read_head(path: Path) -> Head:
    """What a recording was made on. Raises ConfigError."""
    try:
        with path.open(encoding="utf-8") as file:
            told = json.loads(file.readline())
        if told.get("rolecall_sandbox") == _VERSION:
            return _head(told)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"Cannot read the recording {path}", detail=str(error)) from error
    raise ConfigError(
        f"{path} is not a recording of this version", hint="Make one with `rolecall sandbox --record FILE`."
    )


async def replay(path: Path, gateway: Gateway, world: World) -> Replayed:
    """Makes the recorded calls as the recorded callers, with the recorded gaps."""
    differences: list[Difference] = []
    at, passed_over, number = 0.0, 0, 0
    for number, line in enumerate(_lines(path), start=1):
        await _pass(world, max(0.0, line["at"] - at))
        at = line["at"]
        if line["hindered"]:
            passed_over += 1
            continue
        replayed = _outcome(gateway.perform(_request(line), line["service"], line["region"], _caller(line["caller"])))
        if replayed != line["outcome"]:
            differences.append(Difference(number, f"{line['service']}:{line['action']}", line["outcome"], replayed))
    return Replayed(number - passed_over, passed_over, differences)


async def _pass(world: World, seconds: float) -> None:
    """Jumps ahead. Work that takes no time of the sandbox's goes on for as long as it had, or to its end.

    As long in time of our own: what else a machine does must not make the work seem to be slower than it was.
    """
    until = time.process_time() + min(seconds, _PATIENCE_SECONDS)
    while world.clock.speed == 0 and _at_work() and time.process_time() < until:  # noqa: ASYNC110  # turns are meant
        await asyncio.sleep(0)
    await world.clock.advance(seconds)


def _at_work() -> bool:
    return len(asyncio.all_tasks()) > 1


def _head(told: dict[str, Any]) -> Head:
    enforcement = told["enforcement"]
    if enforcement not in get_args(Enforcement):
        raise ValueError(f"{enforcement!r} is no kind of enforcement")
    scenario, started = Scenario.model_validate(told["scenario"]), datetime.fromisoformat(told["started"])
    return Head(scenario, enforcement, float(told["speed"]), started)


def _line(exchange: Exchange, caller: Caller, at: float) -> dict[str, Any]:
    call = exchange.call
    assert call is not None
    headers = {name: value for name, value in exchange.request.headers.items() if _is_kept(name.lower())}
    return {
        "at": round(at, 3),
        "service": call.service,
        "action": call.action,
        "region": call.region,
        "caller": asdict(caller) | {"transitive_tags": sorted(caller.transitive_tags)},
        "method": exchange.request.method,
        "target": _unsigned(exchange.request.target),
        "headers": headers,
        "body": base64.b64encode(exchange.request.body).decode(),
        "outcome": _outcome(exchange),
        "hindered": exchange.hindered,
    }


def _is_kept(header: str) -> bool:
    return bool(_KEPT_HEADERS.fullmatch(header)) and not _SECRET_HEADERS.fullmatch(header)


def _unsigned(target: str) -> str:
    """Without what a presigned URL has of credentials."""
    path, _, query = target.partition("?")
    fields = [field for field in query.split("&") if field and not field.lower().startswith("x-amz-")]
    return f"{path}?{'&'.join(fields)}" if fields else path


def _outcome(exchange: Exchange) -> str:
    """Status, and the error's code where there is one."""
    status = exchange.response.status if exchange.response else "no answer"
    return f"{status} {exchange.error.code}" if exchange.error else str(status)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The calls; a last line that was cut off, by a kill, is none."""
    with path.open(encoding="utf-8") as file:
        file.readline()
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def _request(line: dict[str, Any]) -> HttpRequest:
    headers = line["headers"] | {"Authorization": stand_in(line["service"], line["region"])}
    return HttpRequest(line["method"], line["target"], headers, base64.b64decode(line["body"]))


def _caller(told: dict[str, Any]) -> Caller:
    issued = told.get("issued_at")
    read = {"issued_at": datetime.fromisoformat(issued) if issued else None}
    return Caller(**told | read | {"transitive_tags": frozenset(told["transitive_tags"])})


def _write(file: TextIO, value: dict[str, Any]) -> None:
    file.write(json.dumps(value, default=str) + "\n")
    file.flush()
