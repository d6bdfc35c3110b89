"""The page in Chromium, opened from the disk as somebody would. Screenshots go to each test's temporary folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from rolecall.core.verdicts import Verdict
from rolecall.reports import Format, render
from tests.browser import CHROMIUM, FAINT, OVERFLOWING, Heard, chromium, heard

from .rolls import EVERY_VERDICT, many, named, roll, row

__all__ = ["chromium", "heard"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")

SCRIPT = "</script><script>document.title='taken over'</script>\u2028<img src=x onerror=alert(1)>"
BIG = many(10_000)
SECONDS = 2.0
"""How long a person waits for ten thousand rows at most."""


@pytest.fixture
def shown(chromium: Browser, heard: Heard, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page of a report; takes the options of a Playwright context. Nothing may have been complained of."""
    contexts: list[BrowserContext] = []

    def show(report: dict[str, Any], **options: Any) -> Page:
        file = tmp_path / "report.html"
        file.write_text(render(Format.HTML, report), "utf-8")
        contexts.append(chromium.new_context(offline=True, **options))
        contexts[-1].set_default_timeout(60_000)
        page = contexts[-1].new_page()
        heard.listen_to(page)
        page.goto(file.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert heard == Heard()


def names(page: Page) -> list[str]:
    return page.locator("#roll tbody th bdi").all_inner_texts()


def verdicts(page: Page) -> set[str]:
    return set(
        page.evaluate("() => [...document.querySelectorAll('#roll tbody tr')].map(row => row.className.slice(2))")
    )


def busy(page: Page, work: Callable[[], object]) -> float:
    """The seconds of CPU that the page's thread takes for it: no others, whatever the machine does beside it."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def taken() -> float:
        told = session.send("Performance.getMetrics")["metrics"]
        return next(float(metric["value"]) for metric in told if metric["name"] == "TaskDuration")

    before = taken()
    work()
    return taken() - before


def test_the_accounts_to_look_at_first_come_first(shown: Callable[..., Page]) -> None:
    page = shown(EVERY_VERDICT)
    order = [line.split()[1] for line in page.locator("#roll tbody td:first-child").all_inner_texts()]
    assert order == ["unsafe", "unreachable", "restricted", "unknown", "pending", "ready", "excluded"]
    expect(page.get_by_role("heading", level=1)).to_have_text("16.6 % of the target accounts are ready")
    expect(page.get_by_role("status")).to_have_text("7 accounts")


def test_ten_thousand_accounts_are_searched_filtered_and_sorted_at_once(
    shown: Callable[..., Page], tmp_path: Path
) -> None:
    page = shown(BIG)
    status, search = page.get_by_role("status"), page.get_by_role("searchbox", name="Search")
    expect(status).to_have_text("10,000 accounts")

    assert 0 < busy(page, lambda: search.fill("payments-09992")) < SECONDS
    expect(status).to_have_text("1 of 10,000 accounts")
    assert names(page) == ["payments-09992"]
    search.fill("100000000777")
    assert names(page) == ["storefront-00777"]
    search.fill("SECURITY refused")
    assert verdicts(page) == {"unreachable"}
    search.fill("")

    unsafe = page.get_by_role("button", name="1 unsafe")
    assert busy(page, unsafe.click) < SECONDS
    expect(unsafe).to_have_attribute("aria-pressed", "true")
    assert names(page) == ["mobile-00007"]
    page.get_by_role("button", name="164 restricted").click()
    expect(status).to_have_text("165 of 10,000 accounts")
    page.get_by_role("button", name="newly lost").click()
    assert verdicts(page) == {"unsafe", "restricted"}
    page.screenshot(path=tmp_path / "filtered.png")
    page.get_by_role("button", name="Clear").click()
    expect(status).to_have_text("10,000 accounts")
    expect(unsafe).to_have_attribute("aria-pressed", "false")

    account = page.get_by_role("columnheader", name="Account")
    assert busy(page, account.get_by_role("button").click) < SECONDS
    expect(account).to_have_attribute("aria-sort", "ascending")
    assert names(page)[0] == "billing-00005"
    account.get_by_role("button").click()
    expect(account).to_have_attribute("aria-sort", "descending")
    assert names(page)[0] == "storefront-09993"
    expect(page.locator("[aria-sort=ascending], [aria-sort=descending]")).to_have_count(1)


def test_what_is_missing_for_longest_is_found_by_its_date_and_what_has_none_comes_last(
    shown: Callable[..., Page],
) -> None:
    page = shown(many(400))
    since = page.get_by_role("columnheader", name="Not ready since")
    since.get_by_role("button").click()
    first = page.locator("#roll tbody tr").first
    expect(first.locator("time")).to_have_text("2026-11-09")
    expect(first).to_contain_text("16 days")
    expect(first).to_contain_text("still missing")
    since.get_by_role("button").click()
    expect(page.locator("#roll tbody tr").first.locator("time")).to_have_text("2026-11-25")


def test_more_rows_come_as_one_scrolls_or_asks(shown: Callable[..., Page]) -> None:
    page = shown(BIG, viewport={"width": 1280, "height": 800})
    assert len(names(page)) == 100
    page.mouse.wheel(0, 100_000)
    expect(page.locator("#roll tbody tr").nth(150)).to_be_attached()
    before = len(names(page))
    page.get_by_role("button", name=re.compile("Show more")).press("Enter")
    assert len(names(page)) > before


def test_nothing_that_matches_is_said_so(shown: Callable[..., Page]) -> None:
    page = shown(EVERY_VERDICT)
    page.get_by_role("searchbox").fill("nowhere")
    expect(page.get_by_text("No account matches.")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("0 of 7 accounts")


def test_it_is_worked_by_keyboard_alone(shown: Callable[..., Page]) -> None:
    page = shown(EVERY_VERDICT)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the accounts")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="1 unsafe")).to_be_focused()
    page.keyboard.press("Space")
    assert verdicts(page) == {"unsafe"}
    page.get_by_role("columnheader", name="Reason").get_by_role("button").press("Enter")
    expect(page.get_by_role("columnheader", name="Reason")).to_have_attribute("aria-sort", "ascending")


def test_a_long_reason_is_there_whole_when_asked(shown: Callable[..., Page]) -> None:
    page = shown(roll([row(1, Verdict.UNREACHABLE)]))
    expect(page.get_by_text("or a policy on either side forbids it")).to_be_hidden()
    page.locator("#roll summary").click()
    expect(page.get_by_text("or a policy on either side forbids it")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts on", "scripts off"])
def test_a_name_that_is_a_script_is_text(shown: Callable[..., Page], javascript: bool) -> None:
    page = shown(named(SCRIPT), java_script_enabled=javascript)
    expect(page).to_have_title("Roll call of o-exampleorg, 25 November 2026")
    assert page.locator("img").count() == 0
    expect(page.locator("tbody th bdi").first).to_have_text(SCRIPT)


def test_without_javascript_it_is_a_plain_table(shown: Callable[..., Page], tmp_path: Path) -> None:
    page = shown(EVERY_VERDICT, java_script_enabled=False)
    page.screenshot(path=tmp_path / "plain.png", full_page=True)
    expect(page.get_by_role("rowheader")).to_have_count(7)
    expect(page.get_by_role("searchbox")).to_have_count(0)
    expect(page.get_by_role("button", name="1 unsafe")).to_be_disabled()


@pytest.mark.parametrize(("scheme", "brightness"), [("light", range(200, 256)), ("dark", range(60))])
def test_it_is_light_or_dark_as_asked_and_easy_to_read(
    shown: Callable[..., Page], tmp_path: Path, scheme: Literal["light", "dark"], brightness: range
) -> None:
    page = shown(many(80), color_scheme=scheme)
    page.locator("summary").first.click()
    page.get_by_role("button", name="1 unsafe").click()
    page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert all(int(channel) in brightness for channel in re.findall(r"\d+", background)), background
    assert page.evaluate(FAINT) == []


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts on", "scripts off"])
@pytest.mark.parametrize("report", [many(10), BIG, named("n" * 255)], ids=["10", "10,000", "long names"])
@pytest.mark.parametrize("width", [320, 390, 900, 1600])
def test_nothing_sticks_out_sideways(
    shown: Callable[..., Page], tmp_path: Path, report: dict[str, Any], width: int, javascript: bool
) -> None:
    page = shown(report, viewport={"width": width, "height": 844}, java_script_enabled=javascript)
    page.screenshot(path=tmp_path / f"{width}.png")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    if javascript:  # or too much is built to look at each
        assert page.evaluate(OVERFLOWING) == []


def test_all_that_match_are_printed(shown: Callable[..., Page]) -> None:
    page = shown(many(350))
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert len(names(page)) == 350
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.get_by_role("searchbox")).to_be_hidden()
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert len(names(page)) == 100
