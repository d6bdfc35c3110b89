"""The page of the API in Chromium, with what the server's CSP lets it have. Screenshots go to the temporary folder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from rolecall.registry.server import listen
from rolecall.registry.settings import Settings
from tests.browser import CHROMIUM, FAINT, OVERFLOWING, Heard, chromium, heard

from .fakes import FakeProbe
from .pages.site import PATIENCE

__all__ = ["chromium", "heard"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")


@pytest.fixture
def url(settings: Settings, probe: FakeProbe) -> Iterator[str]:
    server = listen(settings, probe, port=0)
    thread = threading.Thread(target=lambda: asyncio.run(server.run_until_stopped()))
    thread.start()
    yield server.url
    server.stop()
    thread.join()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_can_be_read_by_everybody_and_asks_nobody_else(
    url: str, chromium: Browser, heard: Heard, tmp_path: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    heard.listen_to(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}/api/v3/docs")
    page.screenshot(path=tmp_path / f"reference-{scheme}-{width}.png", full_page=True)
    assert heard.complaints == []
    assert len(asked) >= 2
    assert all(one.startswith(url) for one in asked)
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(FAINT) == []
    context.close()


def test_axe_finds_nothing_on_the_page(url: str, chromium: Browser) -> None:
    """https://github.com/dequelabs/axe-core; the tool's own script is let in, which the page's CSP would not."""
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{url}/api/v3/docs")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_a_call_in_the_list_leads_to_its_section(url: str, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{url}/api/v3/docs")
    page.get_by_role("link", name="POST /api/v3/accounts/check").click()
    expect(page).to_have_url(f"{url}/api/v3/docs#accounts_check", timeout=PATIENCE)
    assert page.locator("#accounts_check h3").inner_text() == "POST /api/v3/accounts/check"
    context.close()
