"""The registry's page in Chromium, against a server on loopback. Screenshots go to each test's temporary folder."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from rolecall.registry.auth import Role
from rolecall.registry.server import Server, listen
from rolecall.registry.settings import Settings
from tests.browser import CHROMIUM, FAINT, OVERFLOWING, Heard, chromium, heard

from .conftest import Seed, aws_account
from .fakes import GOOD_ROLE, FakeProbe

SCRIPT = "<script>alert(1)</script>"
LONG_NAME = "n" * 255
LONG_ROLE = f"arn:aws:iam::444455556666:role/{'p' * 400}/{'R' * 64}"

__all__ = ["chromium", "heard"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")


@dataclass(frozen=True)
class Registry:
    """A registry that listens, and its API as an administrator."""

    url: str
    seed: Seed
    api: httpx.Client

    def key(self, role: Role = Role.ANALYST) -> str:
        return self.seed.keys[role]

    def register(self, *names: str, role: str = GOOD_ROLE) -> None:
        for name in names:
            assert self.api.post("/accounts", json=aws_account(name, role)).status_code == 201


@pytest.fixture
def registry(settings: Settings, probe: FakeProbe, seed: Seed) -> Iterator[Registry]:
    probe.guarded.add(LONG_ROLE)
    server = listen(settings, probe, port=0)
    thread = threading.Thread(target=_serve, args=[server])
    thread.start()
    headers = {"Authorization": f"Bearer {seed.keys[Role.ADMINISTRATOR]}"}
    with httpx.Client(base_url=f"{server.url}/api/v3", headers=headers) as api:
        yield Registry(server.url, seed, api)
    server.stop()
    thread.join()


def _serve(server: Server) -> None:
    asyncio.run(server.run_until_stopped())


@pytest.fixture
def open_page(chromium: Browser, registry: Registry, heard: Heard) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser profile of its own; takes the options of a Playwright context."""
    contexts: list[BrowserContext] = []

    def open_page(**options: object) -> Page:
        contexts.append(chromium.new_context(base_url=registry.url, **options))  # type: ignore[arg-type]
        contexts[-1].set_default_timeout(10_000)
        page = contexts[-1].new_page()
        heard.listen_to(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


def sign_in(page: Page, key: str) -> None:
    page.goto("/")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def names(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tbody th").all_inner_texts()]


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url(re.compile("search="))


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts on", "scripts off"])
def test_a_visit_from_sign_in_to_sign_out(
    registry: Registry, open_page: Callable[..., Page], heard: Heard, tmp_path: Path, javascript: bool
) -> None:
    registry.register("payments-prod", "payments-dev", "audit")
    page = open_page(java_script_enabled=javascript)
    sign_in(page, registry.key())
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(page.get_by_text("3 registered")).to_be_visible()
    assert names(page) == ["audit", "payments-dev", "payments-prod"]
    page.screenshot(path=tmp_path / "accounts.png")

    search(page, "payments")
    assert names(page) == ["payments-dev", "payments-prod"]
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("tbody tr")).to_have_count(3)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert heard.complaints == []


def test_after_sign_out_the_back_button_shows_nothing(registry: Registry, open_page: Callable[..., Page]) -> None:
    registry.register("payments-prod")
    page = open_page()
    sign_in(page, registry.key())
    expect(page.get_by_text("payments-prod")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "payments-prod" not in page.content()


def test_a_wrong_key_is_refused_and_said_so(registry: Registry, open_page: Callable[..., Page], tmp_path: Path) -> None:
    registry.register("payments-prod")
    page = open_page()
    sign_in(page, "0123456789abcdef." + "x" * 43)
    expect(page.get_by_role("alert")).to_have_text("The registry does not know this key.")
    expect(page.get_by_label("API key")).to_have_value("")
    page.screenshot(path=tmp_path / "wrong-key.png")
    page.goto("/")
    expect(page).to_have_url(f"{registry.url}/sign-in")
    assert "payments-prod" not in page.content()


def test_the_key_is_not_shown_while_typed_and_has_the_focus(
    registry: Registry, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    page.goto("/")
    expect(page.get_by_label("API key")).to_be_focused()
    expect(page.get_by_label("API key")).to_have_attribute("type", "password")
    page.keyboard.type(registry.key())
    page.screenshot(path=tmp_path / "sign-in.png")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


def test_a_name_that_is_a_script_is_text(
    registry: Registry, open_page: Callable[..., Page], heard: Heard, tmp_path: Path
) -> None:
    registry.register(SCRIPT)
    page = open_page()
    sign_in(page, registry.key())
    expect(page.get_by_role("rowheader")).to_have_text(SCRIPT)
    search(page, SCRIPT)
    expect(page.get_by_role("rowheader")).to_have_text(SCRIPT)
    expect(page.get_by_role("searchbox")).to_have_value(SCRIPT)
    page.screenshot(path=tmp_path / "script.png")
    search(page, f'"><img src=x onerror=alert(2)>{SCRIPT}')
    expect(page.get_by_text("No account matches")).to_be_visible()
    page.screenshot(path=tmp_path / "no-match.png")
    assert page.locator("script, img").count() == 0
    assert heard == Heard()


@pytest.mark.parametrize(("scheme", "brightness"), [("light", range(200, 256)), ("dark", range(60))])
def test_the_page_is_light_or_dark_as_asked_and_easy_to_read(
    registry: Registry,
    open_page: Callable[..., Page],
    tmp_path: Path,
    scheme: Literal["light", "dark"],
    brightness: range,
) -> None:
    registry.register("payments-prod")
    page = open_page(color_scheme=scheme)
    sign_in(page, "wrong")
    page.get_by_role("alert").wait_for()
    faint = page.evaluate(FAINT)
    page.screenshot(path=tmp_path / "sign-in.png")
    sign_in(page, registry.key())
    page.get_by_role("table").wait_for()
    page.screenshot(path=tmp_path / "accounts.png")
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert all(int(channel) in brightness for channel in re.findall(r"\d+", background)), background
    assert faint + page.evaluate(FAINT) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_sticks_out_sideways(
    registry: Registry, open_page: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    registry.register(LONG_NAME, *(f"sandbox-{number:02}" for number in range(25)))
    registry.register("payments-prod (111122223333)", role=LONG_ROLE)
    page = open_page(viewport={"width": width, "height": 844})
    page.goto("/sign-in")
    assert page.evaluate(OVERFLOWING) == []
    page.screenshot(path=tmp_path / "sign-in.png")
    sign_in(page, registry.key())
    page.get_by_role("table").wait_for()
    page.screenshot(path=tmp_path / "accounts.png", full_page=True)
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    search(page, "x" * 255)
    page.screenshot(path=tmp_path / "no-match.png")
    assert page.evaluate(OVERFLOWING) == []


def test_pages_lead_on_and_back(registry: Registry, open_page: Callable[..., Page]) -> None:
    registry.register(*(f"sandbox-{number:02}" for number in range(26)))
    page = open_page()
    sign_in(page, registry.key())
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("rowheader")).to_have_text(["sandbox-25"])
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_role("rowheader")).to_have_count(25)


def test_a_role_that_may_not_view_accounts_is_told_so(
    registry: Registry, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    registry.register("payments-prod")
    page = open_page()
    sign_in(page, registry.key(Role.READ_ONLY_ANALYST))
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    page.screenshot(path=tmp_path / "forbidden.png")
    assert "payments-prod" not in page.content()
