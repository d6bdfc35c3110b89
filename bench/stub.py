"""STS and IAM as a server that does next to nothing: every role answers, and may do everything. Listens on loopback.

`python -m bench.stub` prints its URL, and ends when its standard input does. No signature is checked, no rate limited.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from bench import answers
from bench.processes import serve, served

_USAGE = "/usage"


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked of the stub since it began to listen, and what that cost it."""

    calls: int
    cpu_seconds: float


@dataclass
class Stub:
    """`latency` is added to every answer, in seconds. `external_id` is what roles ask for; None: nothing."""

    latency: float = 0.0
    external_id: str | None = None
    calls: int = 0

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes([web.post("/", self._answer), web.get(_USAGE, self._usage)])
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        self.calls += 1
        form = dict(parse_qsl((await request.read()).decode()))
        await asyncio.sleep(self.latency)
        status, body = self._of(form)
        return web.Response(status=status, body=body, content_type="text/xml")

    def _of(self, form: dict[str, str]) -> tuple[int, bytes]:
        if form["Action"] == "AssumeRole":
            return self._assume_role(form)
        if form["Action"] == "SimulatePrincipalPolicy":
            _, role = _account_and_role(form["PolicySourceArn"])
            actions = tuple(value for key, value in form.items() if key.startswith("ActionNames.member."))
            resource = form.get("ResourceArns.member.1", "*")
            return 200, answers.simulate_principal_policy(role, actions, resource)
        return 400, answers.error("InvalidAction", f"Could not find operation {form['Action']}")

    def _assume_role(self, form: dict[str, str]) -> tuple[int, bytes]:
        if self.external_id is not None and form.get("ExternalId") != self.external_id:
            message = f"User: arn:aws:iam::111111111111:role/Platform is not authorized to perform: sts:AssumeRole on \
resource: {form['RoleArn']}"
            return 403, answers.error("AccessDenied", message)
        account, role = _account_and_role(form["RoleArn"])
        return 200, answers.assume_role(account, role, form["RoleSessionName"])

    async def _usage(self, _request: web.Request) -> web.Response:
        return web.json_response({"calls": self.calls, "cpu_seconds": time.process_time()})


def _account_and_role(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    return parts[4], parts[5].rsplit("/", 1)[1]


@contextmanager
def running(*, latency: float, external_id: str | None) -> Iterator[str]:
    """A stub in a process of its own; gives its URL."""
    arguments = [f"--latency={latency}", *([f"--external-id={external_id}"] if external_id else [])]
    with served("bench.stub", *arguments) as url:
        yield url


def usage(url: str) -> Usage:
    """Of the stub that listens at `url`."""
    with urllib.request.urlopen(url + _USAGE, timeout=10) as response:
        return Usage(**json.load(response))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stub", description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument("--external-id", help="what AssumeRole must present")
    options = parser.parse_args()
    asyncio.run(serve(Stub(options.latency, options.external_id).application()))


if __name__ == "__main__":
    main()
