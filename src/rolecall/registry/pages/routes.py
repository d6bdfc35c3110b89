"""All pages, and the files that go with them."""

from __future__ import annotations

from starlette.staticfiles import StaticFiles

from rolecall.registry.pages import (
    account_add,
    account_import,
    account_list,
    account_one,
    audit_log,
    keys,
    organization,
    pipelines,
    sign_in,
)
from rolecall.registry.pages.templating import HERE

# One account's path is a number, and so comes after those with a word in its place.
ROUTERS = (
    sign_in.router,
    account_list.router,
    account_add.router,
    account_one.router,
    account_import.router,
    organization.router,
    pipelines.router,
    keys.router,
    audit_log.router,
)


def static_files() -> StaticFiles:
    return StaticFiles(directory=HERE / "static")
