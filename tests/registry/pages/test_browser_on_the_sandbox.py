"""The whole of it: a sandbox's organization, the registry's server and worker with the real adapters, and Chromium."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from rolecall.core.config import Config
from rolecall.registry.server import Server, listen
from rolecall.registry.settings import Settings
from rolecall.registry.work import Work
from rolecall.sandbox.scenario import load_scenario
from rolecall.wiring.assembly import Credentials
from rolecall.wiring.registry import open_registry_ports
from tests.browser import CHROMIUM, Heard
from tests.fakes.cloud import EXTERNAL_ID
from tests.pitfalls.conftest import House, StartHouse, sandbox_loop, start_house, start_sandbox
from tests.registry.conftest import Seed
from tests.registry.work import Work as Writing

from .site import Site, Windows

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")
_MAY_LIST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action":
["organizations:ListAccounts", "organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent"]}]}"""


def finished(work: Coroutine[Any, Any, Any]) -> None:
    """In a thread of its own: Playwright's event loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture
def house(start_house: StartHouse) -> House:
    """The demo's organization, with the role deployed wherever it can be, and one that may list the units."""
    house = start_house(load_scenario("demo"), enforce="all")
    finished(house.apply())
    house.sandbox.client("iam").put_role_policy(
        RoleName="CadoResponseRole", PolicyName="list", PolicyDocument=_MAY_LIST
    )
    return house


async def serve(settings: Settings, wanted: Config, listening: queue.Queue[Server]) -> None:
    """As `rolecall serve` does, with the platform's credentials."""
    async with open_registry_ports(wanted, Credentials("platform")) as ports:
        server = listen(settings, ports.probe, work=Work(ports, wanted), port=0)
        listening.put(server)
        await server.run_until_stopped()


@pytest.fixture
def site(house: House, seed: Seed, database_file: Path) -> Iterator[Site]:
    settings = Settings(f"sqlite:///{database_file}", external_id=EXTERNAL_ID)
    listening: queue.Queue[Server] = queue.Queue()
    thread = threading.Thread(target=lambda: asyncio.run(serve(settings, house.config(), listening)))
    thread.start()
    server = listening.get(timeout=60)
    yield Site(server.url, seed, Writing(cast(FastAPI, server.config.app)))
    server.stop()
    thread.join()


def test_an_organization_is_discovered_and_its_holes_are_found(
    house: House, site: Site, windows: Windows, heard: Heard
) -> None:
    page = windows.signed_in()
    page.get_by_role("link", name="Add account").click()
    page.get_by_label("Account name").fill("management")
    page.get_by_label("Role ARN").fill(f"arn:aws:iam::{house.account('northwind-management')}:role/CadoResponseRole")
    page.get_by_role("button", name="Add account").click()
    expect(page.locator(".heading").get_by_text("Ready")).to_be_visible()

    page.get_by_role("link", name="Organization").click()
    page.get_by_label("Organization account").fill("management")
    page.get_by_label("Role name").fill("CadoResponseRole")
    page.get_by_role("button", name="Begin discovery").click()
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    page.get_by_role("link", name="Failed").click()
    expect(page.get_by_text("AWS says: AccessDenied").first).to_be_visible()

    page.get_by_role("link", name="Organization").click()
    holes = page.locator(".holes li")
    expect(holes.filter(has_text="legacy-erp")).to_contain_text("not registered")
    expect(holes.filter(has_text="locked-down")).to_contain_text("not ready")
    expect(holes).to_have_count(2)
    holes.get_by_role("link", name="locked-down").click()
    expect(page.get_by_role("heading", name="Last check")).to_be_visible()
    expect(page.get_by_text("Mend:").first).to_be_visible()
    assert heard == Heard()
