"""The way in which the platform's vendor registers the roles of a CSV file, against a server on a socket.

Their sample posts line by line and looks at nothing that is there. `httpx.post` stands for their `requests.post`.
"""

from __future__ import annotations

import asyncio
import csv
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rolecall.registry.auth import Role
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings

from .conftest import Seed
from .fakes import FakeProbe
from .test_server import STRANGE_NAMES

NAMES = [*STRANGE_NAMES, *(f"Workload {number} (44445555{number:04})" for number in range(10))]
LINES = [(f"arn:aws:iam::44445555{number:04}:role/CadoResponseRole", name) for number, name in enumerate(NAMES)]


@pytest.fixture
def base(settings: Settings, probe: FakeProbe) -> Iterator[str]:
    """The URL of a server's API."""
    probe.guarded.update(role for role, _ in LINES)
    server = listen(settings, probe, port=0)
    thread = threading.Thread(target=lambda: asyncio.run(server.run_until_stopped()))
    thread.start()
    yield f"{server.url}/api/v3"
    server.stop()
    thread.join()


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    file = tmp_path / "roles.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("role", "alias"), *LINES])
    return file


def post_all(base: str, roles: Path, key: str) -> list[httpx.Response]:
    """The vendor's script."""
    headers = {"Authorization": f"Bearer {key}"}
    answers = []
    with roles.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            body = {"credential_data": {"role": line["role"]}, "account_name": line["alias"], "account_type": "aws"}
            answers.append(httpx.post(f"{base}/accounts", json=body, headers=headers, timeout=60))
    return answers


def everything(base: str, secret_key: str) -> list[Any]:
    """What the registry holds, as its API tells it; of what goes on only which there is."""
    headers = {"Authorization": f"Bearer {secret_key}"}
    paths = ("accounts?per_page=1000", "pipelines?per_page=1000", "audit-log?page=1&per_page=1000")
    accounts, pipelines, log = (httpx.get(f"{base}/{path}", headers=headers, timeout=60).json() for path in paths)
    registered = [
        (account["id"], account["account_name"], account["public_identifier"]) for account in accounts["data"]
    ]
    return [registered, [(row["pipeline"], row["name"]) for row in pipelines["data"]], log["data"]]


def test_the_vendors_script_registers_every_line_and_once_only(base: str, roles: Path, seed: Seed) -> None:
    key = seed.keys[Role.PLATFORM_ADMINISTRATOR]
    first = post_all(base, roles, key)
    assert [answer.status_code for answer in first] == [201] * len(LINES)
    assert [answer.json() for answer in first] == [
        {"status": "success", "data": {"account_name": name}} for name in NAMES
    ]
    after = everything(base, key)
    assert [(arn, name) for _, name, arn in after[0]] == LINES
    assert len(after[1]) == len(LINES)
    again = post_all(base, roles, key)
    assert [(answer.status_code, answer.json()["code"]) for answer in again] == [(409, "account_exists")] * len(LINES)
    assert all(repr(name) in answer.json()["message"] for name, answer in zip(NAMES, again, strict=True))
    assert everything(base, key) == after
