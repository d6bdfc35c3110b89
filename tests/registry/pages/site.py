"""A registry that listens, for tests in a browser. No worker runs: `Work` writes what one would."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import add_account
from rolecall.registry.auth import Role
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import PipelineRow
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings
from tests.browser import Heard
from tests.registry.conftest import Seed
from tests.registry.fakes import GOOD_ROLE, FakeProbe
from tests.registry.work import Work

PATIENCE = 60_000
"""Milliseconds for whatever a page is to come to, with the machine as busy as it may be."""


@dataclass(frozen=True)
class Site:
    url: str
    seed: Seed
    work: Work

    @property
    def database(self) -> Database:
        return self.work.services.database

    def key(self, role: Role = Role.ADMINISTRATOR) -> str:
        return self.seed.keys[role]

    def register(self, *names: str, role: str = GOOD_ROLE) -> None:
        """Puts accounts straight into the database."""
        with self.database.transaction() as session:
            for name in names:
                add_account(session, name, RoleArn.parse(role), self.work.services.now())

    def last_pipeline(self) -> int:
        with self.database.reading() as session:
            newest = session.scalars(select(PipelineRow.id).order_by(PipelineRow.id.desc())).first()
        assert newest
        return newest


@contextmanager
def running(settings: Settings, probe: FakeProbe, seed: Seed) -> Iterator[Site]:
    server = listen(settings, probe, port=0)
    thread = threading.Thread(target=lambda: asyncio.run(server.run_until_stopped()))
    thread.start()
    try:
        yield Site(server.url, seed, Work(cast(FastAPI, server.config.app)))
    finally:
        server.stop()
        thread.join()


@dataclass
class Windows:
    """Browser profiles, each with one page, that are closed at the test's end."""

    chromium: Browser
    site: Site
    heard: Heard
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, **options: object) -> Page:
        """Takes the options of a Playwright context."""
        self.contexts.append(self.chromium.new_context(base_url=self.site.url, **options))  # type: ignore[arg-type]
        self.contexts[-1].set_default_timeout(PATIENCE)
        page = self.contexts[-1].new_page()
        self.heard.listen_to(page)
        return page

    def signed_in(self, role: Role = Role.ADMINISTRATOR, **options: object) -> Page:
        page = self.open(**options)
        sign_in(page, self.site.key(role))
        # What is done before the session is there and the scripts run would be lost on the page.
        page.get_by_role("button", name="Sign out").wait_for()
        page.wait_for_load_state()
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def sign_in(page: Page, key: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
