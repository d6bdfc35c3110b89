"""AWS as one server that does next to nothing: Organizations, CloudFormation, STS and IAM of a healthy estate.

Every role answers, and may do everything. `python -m bench.stub` prints its URL, and ends when its standard input does.
No signature is checked, and no rate limited but with --quotas. Listens on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from bench import answers
from bench.estate import Estate, Missing
from bench.processes import serve, served
from bench.quotas import Quotas
from bench.wire import header, reply
from bench.workload import ROLE

_USAGE = "/usage"
_XML, _JSON = "text/xml", "application/x-amz-json-1.1"
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_STATUS = {"AccessDenied": 403, "NoSuchEntity": 404}
_TOO_MANY = "You have sent too many requests in too short a period of time."


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked of the stub since it began to listen, what of that came too fast, and its own CPU time."""

    calls: Mapping[str, int]
    throttled: Mapping[str, int]
    cpu_seconds: float

    def since(self, before: Usage) -> Usage:
        calls = Counter(self.calls) - Counter(before.calls)
        return Usage(calls, Counter(self.throttled) - Counter(before.throttled), self.cpu_seconds - before.cpu_seconds)


@dataclass
class Stub:
    """`external_id` is what roles ask for; None: nothing. Without `quotas`, filled as `now` tells, none is limited."""

    estate: Estate
    external_id: str | None = None
    quotas: Quotas | None = None
    now: Callable[[], float] = time.monotonic
    calls: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)

    def answer(self, head: bytes, body: bytes) -> bytes:
        """As bench.wire has it."""
        if head.startswith(b"GET"):
            return reply(200, "application/json", json.dumps(self._usage()).encode())
        if target := header(head, b"x-amz-target"):
            return self._json(target.rpartition(b".")[2].decode(), body)
        found = _ACTION.search(body)
        return self._query(found[1].decode() if found else "", body)

    def _usage(self) -> Mapping[str, Any]:
        return {"calls": self.calls, "throttled": self.throttled, "cpu_seconds": time.process_time()}

    def _granted(self, operation: str) -> bool:
        self.calls[operation] += 1
        if self.quotas is None or self.quotas.grants(operation, self.now()):
            return True
        self.throttled[operation] += 1
        return False

    def _json(self, operation: str, body: bytes) -> bytes:
        if not self._granted(operation):
            return reply(400, _JSON, answers.json_error("TooManyRequestsException", _TOO_MANY))
        try:
            return reply(200, _JSON, answers.json_answer(self.estate.answer(operation, json.loads(body))))
        except Missing as error:
            return reply(400, _JSON, answers.json_error(error.code, f"{error}"))

    def _query(self, operation: str, body: bytes) -> bytes:
        if not self._granted(operation):
            return _refusal("Throttling", "Rate exceeded")
        if operation == "SimulatePrincipalPolicy":
            return _simulation(tuple(part for part in body.split(b"&") if part.startswith(_OF_A_SIMULATION)))
        form = dict(parse_qsl(body.decode()))
        if operation == "AssumeRole":
            return self._assume_role(form)
        try:
            return reply(200, _XML, answers.query_answer(operation, self.estate.answer(operation, form)))
        except Missing as error:
            return _refusal(error.code, f"{error}")

    def _assume_role(self, form: Mapping[str, str]) -> bytes:
        arn = form["RoleArn"]
        if self.external_id is not None and form.get("ExternalId") != self.external_id:
            who = "User: arn:aws:iam::111111111111:role/Platform"
            return _refusal("AccessDenied", f"{who} is not authorized to perform: sts:AssumeRole on resource: {arn}")
        account, name = arn.split(":")[4], arn.rpartition("/")[2]
        return reply(200, _XML, answers.assume_role(account, name, form["RoleSessionName"]))


_OF_A_SIMULATION = (b"ActionNames.", b"ResourceArns.")
"""What the answer depends on: not on the account."""


@lru_cache(maxsize=256)
def _simulation(parts: tuple[bytes, ...]) -> bytes:
    """Parsed and written once for all accounts: the same sixty actions are asked of each."""
    pairs = [unquote(part.decode()).split("=", 1) for part in parts]
    actions = [value for key, value in pairs if key.startswith("ActionNames.")]
    resource = next((value for key, value in pairs if key.startswith("ResourceArns.")), "*")
    return reply(200, _XML, answers.simulate_principal_policy(ROLE, actions, resource))


def _refusal(code: str, message: str) -> bytes:
    return reply(_STATUS.get(code, 400), _XML, answers.query_error(code, message))


@dataclass(frozen=True, slots=True)
class Setting:
    """`accounts` are the organization's; without any, the caller's account is in none. `latency` is in seconds.

    `deployed`: the config file by which all is there already. `simulations` a second, where quotas are on.
    """

    accounts: int = 0
    units: int = 0
    deployed: Path | None = None
    latency: float = 0
    external_id: str | None = None
    quotas: bool = False
    simulations: float | None = None

    def arguments(self) -> Iterator[str]:
        yield from (f"--accounts={self.accounts}", f"--units={self.units}", f"--latency={self.latency}")
        if self.deployed:
            yield f"--deployed={self.deployed}"
        if self.external_id:
            yield f"--external-id={self.external_id}"
        if self.quotas:
            yield "--quotas"
        if self.simulations:
            yield f"--simulations={self.simulations}"


@contextmanager
def running(setting: Setting) -> Iterator[str]:
    """A stub in a process of its own; gives its URL."""
    with served("bench.stub", *setting.arguments()) as url:
        yield url


def usage(url: str) -> Usage:
    """Of the stub that listens at `url`."""
    with urllib.request.urlopen(url + _USAGE, timeout=60) as response:
        return Usage(**json.load(response))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stub", description=__doc__)
    parser.add_argument("--accounts", type=int, default=0, help="of the organization; 0: there is none")
    parser.add_argument("--units", type=int, default=0)
    parser.add_argument("--deployed", type=Path, metavar="CONFIG", help="everything is there as this config wants it")
    parser.add_argument("--latency", type=float, default=0, help="seconds added to every answer")
    parser.add_argument("--external-id", help="what AssumeRole must present")
    parser.add_argument("--quotas", action="store_true", help="limit rates as AWS does")
    parser.add_argument(
        "--simulations", type=float, help="SimulatePrincipalPolicy a second, which AWS does not publish"
    )
    made = Setting(**vars(parser.parse_args()))
    asyncio.run(serve(_stub(made).answer, made.latency))


def _stub(setting: Setting) -> Stub:
    deployed = None
    if setting.deployed:
        from bench.contents import contents  # late: it is most of rolecall, and no other stub needs it

        deployed = contents(setting.deployed)
    estate = Estate(setting.accounts, setting.units, deployed)
    return Stub(estate, setting.external_id, Quotas(setting.simulations) if setting.quotas else None)


if __name__ == "__main__":
    main()
