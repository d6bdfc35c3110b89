"""What people do with the registry's page, in Chromium. Each test has account names of its own: they share a server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rolecall.registry.auth import Role
from rolecall.registry.database.models import MemberRow, UnitRow
from rolecall.registry.pipelines.terms import SubtaskState
from rolecall.registry.settings import Settings
from tests.browser import CHROMIUM, Heard
from tests.registry.conftest import Seed
from tests.registry.fakes import ABSENT_ROLE, EXTERNAL_ID, GOOD_ROLE, REFUSAL, FakeProbe
from tests.registry.work import ISSUE

from .site import Site, Windows, running, sign_in

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")
with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
SCRIPT = "<script>alert(1)</script>"


def names(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tbody th").all_inner_texts()]


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(re.compile("search="))


def see_more(page: Page, scripts: bool) -> None:
    """Without scripts one asks oneself whether it has gone on."""
    if not scripts:
        page.get_by_role("link", name="Refresh").click()


def test_the_first_key_is_made_by_a_command_and_opens_the_page(
    chromium: Browser, seed: Seed, heard: Heard, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    command = ["serve", "--database", url, "--create-key", "Administrator", "--key-name", "the first"]
    made = subprocess.run([sys.executable, "-m", "rolecall", *command], capture_output=True, text=True, check=True)
    with running(Settings(url, external_id=EXTERNAL_ID), FakeProbe(), seed) as site:
        windows = Windows(chromium, site, heard)
        page = windows.open()
        sign_in(page, made.stdout.strip())
        expect(page.get_by_text("No account is registered yet.")).to_be_visible()
        page.get_by_role("link", name="API keys").click()
        expect(page.get_by_role("rowheader")).to_have_text([re.compile("the first")])
        windows.close()
    assert heard == Heard()


@with_and_without_scripts
def test_a_visit_from_sign_in_to_sign_out(site: Site, windows: Windows, heard: Heard, scripts: bool) -> None:
    site.register(*(f"visit {scripts} {name}" for name in ("payments-prod", "payments-dev", "audit")))
    page = windows.signed_in(Role.ANALYST, java_script_enabled=scripts)
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    search(page, f"visit {scripts} payments")
    expect(page.get_by_role("rowheader")).to_have_text(
        [f"visit {scripts} payments-dev", f"visit {scripts} payments-prod"]
    )
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.get_by_role("rowheader").first).to_have_text(f"visit {scripts} payments-prod")
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("searchbox")).to_have_value("")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert heard == Heard()


def test_the_list_follows_what_one_types(site: Site, windows: Windows, heard: Heard) -> None:
    site.register("typed one", "typed two")
    page = windows.signed_in(Role.ANALYST)
    page.get_by_role("searchbox").press_sequentially("typed t")
    expect(page.get_by_role("rowheader")).to_have_text(["typed two"])
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.wait_for_url(re.compile(r"search=typed(\+|%20)t"))
    page.get_by_label("Health").select_option("Ready")
    expect(page.get_by_text("No account matches")).to_be_visible()
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("typed t")
    assert heard == Heard()


def test_after_sign_out_the_back_button_shows_nothing(site: Site, windows: Windows) -> None:
    site.register("secret account")
    page = windows.signed_in(Role.ANALYST)
    search(page, "secret")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "secret account" not in page.content()
    kept = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "secret account" not in kept


def test_a_wrong_key_is_refused_and_said_so(site: Site, windows: Windows) -> None:
    page = windows.open()
    sign_in(page, "0123456789abcdef." + "x" * 43)
    expect(page.get_by_role("alert")).to_have_text("The registry does not know this key.")
    expect(page.get_by_label("API key")).to_have_value("")
    page.goto("/")
    expect(page).to_have_url(f"{site.url}/sign-in")


def test_the_key_is_not_shown_while_typed_and_has_the_focus(site: Site, windows: Windows) -> None:
    page = windows.open()
    page.goto("/")
    expect(page.get_by_label("API key")).to_be_focused()
    expect(page.get_by_label("API key")).to_have_attribute("type", "password")
    page.keyboard.type(site.key())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


@with_and_without_scripts
def test_a_good_role_is_added_checked_and_removed(site: Site, windows: Windows, heard: Heard, scripts: bool) -> None:
    name = f"good {scripts}"
    page = windows.signed_in(java_script_enabled=scripts)
    page.get_by_role("link", name="Add account").click()
    page.get_by_label("Account name").fill(name)
    page.get_by_label("Role ARN").fill(GOOD_ROLE)
    if scripts:
        expect(page.get_by_text("This name is free.")).to_be_visible()
        expect(page.get_by_text("A role in account 111122223333.")).to_be_visible()
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_text("The role answered, and the account is registered.")).to_be_visible()
    expect(page.get_by_text("0 of 1 done")).to_be_visible()

    pipeline = site.last_pipeline()
    site.work.take(pipeline)
    see_more(page, scripts)
    expect(page.locator("#running").get_by_text("Running")).to_be_visible()
    site.work.checked(name, pipeline, "failure", [ISSUE])
    site.work.end(pipeline, SubtaskState.FAILURE)
    see_more(page, scripts)
    expect(page.get_by_text("Grant s3:GetObject.")).to_be_visible()
    expect(page.locator(".heading").get_by_text("Not ready")).to_be_visible()
    expect(page.locator("#running")).to_have_count(0)

    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove account").click()
    page.wait_for_url(f"{site.url}/")
    search(page, name)
    expect(page.get_by_text("No account matches")).to_be_visible()
    assert heard == Heard()


@with_and_without_scripts
def test_a_role_that_cannot_be_assumed_is_told_why(windows: Windows, scripts: bool) -> None:
    page = windows.signed_in(java_script_enabled=scripts)
    page.goto("/accounts/add")
    page.get_by_label("Account name").fill("absent")
    page.get_by_label("Role ARN").fill("arn:aws:iam::1111:role/x")
    if scripts:
        expect(page.get_by_text("This is not the ARN of a role")).to_be_visible()
    page.get_by_label("Role ARN").fill(ABSENT_ROLE)
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("alert")).to_contain_text(f"AWS says: AccessDenied: {REFUSAL}")
    expect(page.get_by_label("Account name")).to_have_value("absent")


@with_and_without_scripts
def test_a_csv_is_imported_with_a_preview(
    site: Site, windows: Windows, heard: Heard, tmp_path: Path, scripts: bool
) -> None:
    one, two = f"import {scripts} one", f"import {scripts}, two"
    file = tmp_path / "roles.csv"
    file.write_text(f'role,alias\n{GOOD_ROLE},{one}\n{GOOD_ROLE},"{two}"\n{ABSENT_ROLE},absent\nno role,x\n')
    page = windows.signed_in(java_script_enabled=scripts)
    page.get_by_role("link", name="Import CSV").click()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Will be added")
    expect(page.get_by_role("row").nth(4)).to_contain_text("This is not the ARN of a role")
    page.get_by_role("button", name="Add 3 accounts").click()
    expect(page.get_by_role("heading", name="The import has ended")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("Added")
    expect(page.get_by_role("row").nth(3)).to_contain_text("AWS says: AccessDenied")
    page.get_by_role("link", name="the accounts").click()
    search(page, f"import {scripts}")
    expect(page.get_by_role("rowheader")).to_have_text([one, two])
    assert heard == Heard()


@with_and_without_scripts
def test_a_check_is_run_from_the_list_and_watched_to_its_end(
    site: Site, windows: Windows, heard: Heard, scripts: bool
) -> None:
    name = f"watched {scripts}"
    site.register(name)
    page = windows.signed_in(java_script_enabled=scripts)
    search(page, name)
    page.get_by_role("button", name=f"Check {name}").click()
    page.get_by_role("link", name=f"Account check of {name}").click()
    expect(page.get_by_role("heading", name=f"Account check of {name}")).to_be_visible()
    expect(page.get_by_text("Nothing yet")).to_be_visible()

    pipeline = site.last_pipeline()
    site.work.take(pipeline, ["Assumed the role"])
    see_more(page, scripts)
    expect(page.get_by_text("Assumed the role")).to_be_visible()
    site.work.checked(name, pipeline, "success")
    site.work.end(pipeline)
    see_more(page, scripts)
    expect(page.get_by_text("1 of 1 done")).to_be_visible()
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    if scripts:
        assert page.locator("[hx-trigger]").count() == 0
    assert heard == Heard()


def test_a_pipeline_is_cancelled_and_run_again(site: Site, windows: Windows) -> None:
    site.register("cancelled")
    page = windows.signed_in()
    search(page, "cancelled")
    page.get_by_role("button", name="Check cancelled").click()
    page.get_by_role("link", name="Account check of cancelled").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("0 of 1 done, 1 cancelled")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("0 of 1 done", exact=True)).to_be_visible()


@with_and_without_scripts
def test_a_hole_is_found_in_the_tree(site: Site, windows: Windows, heard: Heard, scripts: bool) -> None:
    organization = f"management {scripts}"
    numbers = [f"{number}{int(scripts)}" * 6 for number in range(3, 6)]
    site.register(organization)
    site.register(f"ready {scripts}", role=f"arn:aws:iam::{numbers[0]}:role/Role")
    site.register(f"stale {scripts}", role=f"arn:aws:iam::{numbers[1]}:role/Role")
    site.work.checked(f"ready {scripts}", 1, "success")
    site.work.checked(f"stale {scripts}", 1, "failure")
    units = [("r-ab12", "Root", None), ("ou-1", "Workloads", "r-ab12"), ("ou-2", "Prod", "ou-1")]
    with site.database.transaction() as session:
        session.add_all(UnitRow(organization=organization, id=id, name=name, parent_id=up) for id, name, up in units)
        session.add_all(
            MemberRow(
                organization=organization,
                id=number,
                name=name,
                state="ACTIVE",
                unit_id="ou-2",
                seen_at=site.work.services.now(),
            )
            for number, name in zip(numbers, ["whole", "stale", "forgotten"], strict=True)
        )
    page = windows.signed_in(Role.ANALYST, java_script_enabled=scripts)
    page.get_by_role("link", name="Organization").click()
    expect(page.get_by_role("heading", name="Organization")).to_be_visible()
    if page.get_by_role("link", name=organization).count():
        page.get_by_role("link", name=organization).click()
    expect(page.get_by_text("1 / 3").first).to_be_visible()
    expect(page.get_by_text("forgotten")).to_be_visible()
    page.get_by_text("Prod").click()
    expect(page.get_by_text("forgotten")).to_be_hidden()
    page.get_by_text("Prod").click()
    expect(page.locator(".holes li")).to_contain_text(["forgotten", "stale"])
    page.get_by_role("link", name="stale").click()
    expect(page.get_by_role("heading", name=f"stale {scripts}")).to_be_visible()
    assert heard == Heard()


@with_and_without_scripts
def test_a_key_is_made_used_and_revoked(site: Site, windows: Windows, heard: Heard, scripts: bool) -> None:
    name = f"night shift {scripts}"
    page = windows.signed_in(java_script_enabled=scripts)
    page.get_by_role("link", name="API keys").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Role").select_option("Analyst")
    page.get_by_role("button", name="Make key").click()
    key = page.locator("#secret").inner_text()
    assert key not in page.url

    other = windows.open(java_script_enabled=scripts)
    sign_in(other, key)
    expect(other.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(other.get_by_role("link", name="Add account")).to_have_count(0)

    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name=f"Revoke {name}").wait_for()
    assert key.partition(".")[2] not in page.content()
    page.get_by_role("link", name=f"Revoke {name}").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text(name)).to_have_count(0)
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("rowheader").first).to_have_text("Key revoked")
    assert heard == Heard()


def test_an_analyst_is_refused_in_words(site: Site, windows: Windows) -> None:
    site.register("untouched")
    page = windows.signed_in(Role.ANALYST)
    search(page, "untouched")
    for button in ("Add account", "Import CSV", "Check untouched", "Remove untouched", "API keys", "Audit log"):
        expect(page.get_by_text(button)).to_have_count(0)
    for path, words in [
        ("/accounts/add", "add or remove accounts"),
        ("/import", "add or remove accounts"),
        ("/keys", "see or change API keys"),
        ("/audit-log", "read the audit log"),
    ]:
        page.goto(path)
        expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
        expect(page.get_by_text(f"The role Analyst may not {words}.")).to_be_visible()


def test_who_may_not_view_accounts_is_led_to_the_pipelines_and_elsewhere_told_so(site: Site, windows: Windows) -> None:
    site.register("unseen account")
    page = windows.signed_in(Role.READ_ONLY_ANALYST)
    expect(page.get_by_role("heading", name="Pipelines")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    assert "unseen account" not in page.content()
    page.get_by_role("link", name="Rolecall registry").click()
    expect(page.get_by_role("heading", name="Pipelines")).to_be_visible()


def test_who_goes_astray_is_shown_the_way_back(windows: Windows) -> None:
    page = windows.signed_in()
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="Not Found")).to_be_visible()
    page.get_by_role("link", name="Go to the accounts").click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


def test_pages_lead_on_and_back(site: Site, windows: Windows) -> None:
    site.register(*(f"paged-{number:02}" for number in range(26)))
    page = windows.signed_in(Role.ANALYST)
    search(page, "paged")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("rowheader")).to_have_text(["paged-25"])
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_role("rowheader")).to_have_count(25)


def test_who_was_signed_out_meanwhile_is_led_to_sign_in(site: Site, windows: Windows) -> None:
    page = windows.signed_in(Role.ANALYST)
    page.context.clear_cookies()
    page.get_by_role("searchbox").press_sequentially("x")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_names_that_are_scripts_are_text_wherever_they_stand(site: Site, windows: Windows, heard: Heard) -> None:
    name = f"{SCRIPT}'\"><img src=x onerror=alert(2)>"
    site.register(name)
    page = windows.signed_in()
    search(page, SCRIPT)
    expect(page.get_by_role("rowheader")).to_have_text(name)
    expect(page.get_by_role("searchbox")).to_have_value(SCRIPT)
    page.get_by_role("button", name=f"Check {name}").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    site.work.take(site.last_pipeline(), [SCRIPT])
    page.get_by_role("link", name=re.compile("Account check of")).click()
    expect(page.get_by_role("listitem").get_by_text(SCRIPT)).to_be_visible()
    page.goto("/audit-log?event=check_begun")
    expect(page.get_by_role("cell", name=name)).to_be_visible()
    page.goto("/accounts/add")
    page.get_by_label("Account name").fill(name)
    expect(page.get_by_text("There is already an account of this name.")).to_be_visible()
    assert page.locator("img, main script").count() == 0
    assert heard == Heard()
