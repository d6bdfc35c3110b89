"""An estate behind HTTP, as Organizations, CloudFormation, STS and IAM answer. Listens on loopback.

`python -m bench.estate_server` prints its URL, and ends when its standard input does. No signature is checked, no rate
limited.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from aiohttp import web

from bench import estate
from bench.estate import Deployed, Estate, Missing
from bench.processes import serve, served
from rolecall.core.desired import desire
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import Account, AccountState, Organization, OrganizationIdentity
from rolecall.wiring.config_file import load_config

_CALLS = "/calls"
_JSON_TARGET = "X-Amz-Target"


class Server:
    """Organizations are spoken to in JSON, the others in forms and XML."""

    def __init__(self, of: Estate) -> None:
        self._estate = of

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes([web.post("/", self._answer), web.get(_CALLS, self._calls)])
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        if target := request.headers.get(_JSON_TARGET):
            answer = self._estate.answer(target.rpartition(".")[2], json.loads(body))
            return web.json_response(answer, content_type="application/x-amz-json-1.1")
        form = dict(parse_qsl(body))
        operation = form["Action"]
        try:
            answer = self._estate.answer(operation, form)
        except Missing as error:
            return _xml(_refusal(error), status=404 if error.code == "NoSuchEntity" else 400)
        return _xml(f"<{operation}Response>{_element(f'{operation}Result', answer)}</{operation}Response>")

    async def _calls(self, _request: web.Request) -> web.Response:
        return web.json_response(self._estate.calls)


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/xml")


def _refusal(error: Missing) -> str:
    told = {"Type": "Sender", "Code": error.code, "Message": f"{error}"}
    return f"<ErrorResponse>{_element('Error', told)}</ErrorResponse>"


def _element(name: str, value: Any) -> str:
    """A list's items are `member`; a boolean is `true` or `false`."""
    if isinstance(value, Mapping):
        inner = "".join(_element(key, item) for key, item in value.items())
    elif isinstance(value, list):
        inner = "".join(_element("member", item) for item in value)
    else:
        inner = escape(str(value).lower() if isinstance(value, bool) else value)
    return f"<{name}>{inner}</{name}>"


@contextmanager
def running(*, accounts: int, units: int, deployed: str) -> Iterator[str]:
    """A server in a process of its own; gives its URL. `deployed`: the config file by which all is there, or empty."""
    arguments = [f"--accounts={accounts}", f"--units={units}", *([f"--deployed={deployed}"] if deployed else [])]
    with served("bench.estate_server", *arguments) as url:
        yield url


def calls(url: str) -> Mapping[str, int]:
    """Of the server that listens at `url`, by operation."""
    with urllib.request.urlopen(url + _CALLS, timeout=10) as response:
        told: Mapping[str, int] = json.load(response)
        return told


def contents(config_file: str) -> Deployed:
    """What a config deploys, which no other account matters to than the management account."""
    root, management = UnitId(estate.ROOT), AccountId(estate.MANAGEMENT)
    alone = Account(management, "management", AccountState.ACTIVE, (root,))
    organization = Organization(OrganizationIdentity(estate.ORGANIZATION, management), (alone,))
    desired = desire(load_config(Path(config_file)), organization, (root,))
    return Deployed(desired.content, desired.management_content)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.estate_server", description=__doc__)
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--units", type=int, required=True)
    parser.add_argument("--deployed", default="", metavar="CONFIG", help="everything is there as this config wants it")
    options = parser.parse_args()
    deployed = contents(options.deployed) if options.deployed else None
    asyncio.run(serve(Server(Estate(options.accounts, options.units, deployed)).application()))


if __name__ == "__main__":
    main()
