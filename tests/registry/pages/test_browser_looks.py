"""How the registry's pages look: whether everybody can use them, and whether they fit, from a telephone to a wall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from rolecall.registry.auth import Role
from tests.browser import CHROMIUM, FAINT, OVERFLOWING, Heard
from tests.registry.fakes import ABSENT_ROLE, GOOD_ROLE

from .sample import LONG_NAME, SCRIPT, fill
from .site import Site, Windows

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")

PAGES = [
    *("/", "/?health=failure&sort=-checked", "/?search=nothing+like+it", f"/?search={'x' * 255}", "/?page=9"),
    *("/accounts/1", "/accounts/1?check=2", "/accounts/2", "/accounts/2/remove", "/accounts/99", "/accounts/add"),
    *("/organization", "/organization/holes?organization=management+(000000000000)&unit=ou-deep"),
    *("/pipelines", "/pipelines?status=cancelled", "/pipelines/1", "/pipelines/2", "/pipelines/3"),
    *("/import", "/keys", "/audit-log", "/audit-log?user=nobody"),
]
WIDTHS = (320, 768, 1100, 1280, 1920)
BRIGHTNESS = {"light": range(200, 256), "dark": range(60)}
"""Of each channel of the background."""
CUT_OFF = """
() => [...document.querySelectorAll('.card, .bar')]
    .filter(element => element.scrollWidth > element.clientWidth + 1)
    .map(element => `cut off: ${element.outerHTML.slice(0, 80)}`)
"""
"""What is wider than the card that holds it, and so not seen."""
LINES = f"""role,alias
{GOOD_ROLE},new
{GOOD_ROLE},new
{GOOD_ROLE},"{SCRIPT.replace('"', '""')}"
{ABSENT_ROLE},{LONG_NAME[:-1]}
wrong,{"w" * 200}
"""


@pytest.fixture(scope="module", autouse=True)
def _filled(site: Site) -> None:
    fill(site.work)


def every_page(page: Page, site: Site) -> Iterator[str]:
    """Goes to one page after the other, and tells where it is once it has its style."""
    for where in _walked(page, site):
        page.wait_for_load_state()
        yield where


def _walked(page: Page, site: Site) -> Iterator[str]:
    """Those that only a form leads to as well."""
    for path in PAGES:
        page.goto(path)
        for folded in page.locator("details:not([open]) > summary").all():
            folded.evaluate("summary => summary.parentElement.open = true")
        yield path
    page.goto(f"/keys/{site.key(Role.ANALYST).partition('.')[0]}/revoke")
    yield "revoke a key"
    page.goto("/accounts/add?name=absent&role=" + ABSENT_ROLE)
    page.get_by_role("button", name="Add account").click()
    page.get_by_role("alert").wait_for()
    yield "a refused account"
    page.goto("/import")
    page.get_by_label("Lines").fill(LINES)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What the import would do").wait_for()
    yield "a preview"
    page.get_by_role("button", name=re.compile("Add .* account")).click()
    page.get_by_role("heading", name="The import has ended").wait_for()
    yield "an import"
    page.goto("/keys")
    page.get_by_label("Name").fill(LONG_NAME)
    page.get_by_role("button", name="Make key").click()
    page.locator("#secret").wait_for()
    yield "a new key"
    page.goto("/accounts/2/remove")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("API key").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    yield "sign-in"


def violations(page: Page, *rules: str) -> list[tuple[str, str]]:
    """What axe-core finds, by these rules or all: its rule, and the first element.

    https://github.com/dequelabs/axe-core
    """
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = Axe().run(page, options=options).response["violations"]
    return [(violation["id"], violation["nodes"][0]["html"]) for violation in found]


def test_axe_would_find_something(windows: Windows) -> None:
    page = windows.signed_in()
    page.get_by_role("table").wait_for()
    page.evaluate("() => document.querySelector('label[for=search]').remove()")
    assert [rule for rule, _ in violations(page)] == ["label"]


def seen_in(page: Page, scheme: Literal["light", "dark"]) -> list[tuple[str, ...]]:
    """What is wrong with how the page looks in this scheme, its background included."""
    page.emulate_media(color_scheme=scheme)
    found: list[tuple[str, ...]] = [(scheme, "faint", text) for text in page.evaluate(FAINT)]
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    if not all(int(channel) in BRIGHTNESS[scheme] for channel in re.findall(r"\d+", background)):
        found.append((scheme, "background", background))
    return found


@pytest.mark.timeout(600)
def test_axe_finds_nothing_and_every_text_can_be_read(site: Site, windows: Windows, heard: Heard) -> None:
    """All of axe's rules in the light; in the dark the one that looks at colours."""
    page = windows.signed_in(color_scheme="light")
    page.get_by_role("table").wait_for()
    found: list[tuple[object, ...]] = []
    for where in every_page(page, site):
        found += [(where, *seen) for seen in seen_in(page, "dark") + violations(page, "color-contrast")]
        found += [(where, *seen) for seen in seen_in(page, "light") + violations(page)]
    assert found == []
    assert heard.dialogs == []


def resize(page: Page, width: int) -> None:
    """And waits until the page has been told."""
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_function("width => window.innerWidth === width", arg=width)


@pytest.mark.timeout(600)
def test_nothing_sticks_out_sideways(site: Site, windows: Windows) -> None:
    page = windows.signed_in()
    page.get_by_role("table").wait_for()
    found: list[tuple[object, ...]] = []
    for where in every_page(page, site):
        for width in WIDTHS:
            resize(page, width)
            found += [(where, width, element) for element in page.evaluate(OVERFLOWING) + page.evaluate(CUT_OFF)]
            if page.evaluate("() => document.documentElement.scrollWidth") > width:
                found.append((where, width, "the page itself"))
    assert found == []


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ANALYST], ids=lambda role: role.value)
def test_the_list_shows_all_its_columns_wherever_it_is_a_table(windows: Windows, role: Role) -> None:
    page = windows.signed_in(role)
    page.get_by_role("table").wait_for()
    for width in (1030, 1100, 1280, 1440):
        resize(page, width)
        for name in ("Health", "Name", "Account and role", "Last check (UTC)", "Last used (UTC)"):
            expect(page.get_by_role("columnheader", name=name)).to_be_visible()
        narrowest = page.get_by_role("rowheader").first.bounding_box()
        assert narrowest
        assert narrowest["width"] > 150, width
    resize(page, 360)
    expect(page.locator("td[data-label='Used (UTC)']").first).to_be_visible()
