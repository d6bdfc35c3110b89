"""Puts the registry's app together. Opens its database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI

from rolecall import __version__
from rolecall.ports import RoleProbe
from rolecall.registry import system
from rolecall.registry.accounts import actions
from rolecall.registry.accounts import routes as accounts
from rolecall.registry.audit import routes as audit
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.pulse import Pulse
from rolecall.registry.edge import Edge
from rolecall.registry.envelope import install_error_handlers
from rolecall.registry.hushed import HushedProbe
from rolecall.registry.keys import routes as keys
from rolecall.registry.metrics import routes as metrics
from rolecall.registry.metrics.scraped import Metrics
from rolecall.registry.openapi import document as openapi
from rolecall.registry.openapi import page as reference
from rolecall.registry.openapi.document import DocumentedApp
from rolecall.registry.pages import routes as pages
from rolecall.registry.pages.astray import answer_browsers_with_pages, failure
from rolecall.registry.pipelines import routes as pipelines
from rolecall.registry.settings import Services, Settings
from rolecall.registry.work import Work, at_work

ROUTERS = (
    accounts.router,
    actions.router,
    pipelines.router,
    keys.router,
    audit.router,
    system.router,
    metrics.router,
    reference.router,
    *pages.ROUTERS,
)
_DESCRIPTION = "Registers the IAM roles that a forensics platform assumes, once each has proved that it answers."


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings, probe: RoleProbe, *, work: Work | None = None, now: Callable[[], datetime] = utc_now
) -> FastAPI:
    """The registry as an ASGI app, its database opened and migrated. `now` answers aware times in UTC.

    With `work` a worker runs while the app does; without, pipelines wait for one of another process. Raises UsageError
    for a database that cannot be used. The database is closed at the app's shutdown.
    """
    database = open_database(settings.database_url)
    services = Services(settings, database, HushedProbe(probe), now)
    app = DocumentedApp(
        title="Rolecall registry",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=openapi.URL,
        openapi_tags=openapi.TAGS,
        generate_unique_id_function=openapi.operation_id,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(services, work),
    )
    app.state.services = services
    app.state.pulse = Pulse(database.ping)
    app.state.metrics = scraped = Metrics(database, now)
    for router in ROUTERS:
        app.include_router(router)
    install_error_handlers(app, [route for router in ROUTERS for route in router.routes])
    answer_browsers_with_pages(app)
    app.mount("/static", pages.static_files())
    app.add_middleware(Edge, traffic=scraped.traffic, failed=failure)
    return app


def _lifespan(services: Services, work: Work | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(services.database.close)
            if work:
                working = at_work(services.settings, services.database, work, services.now, services.bell)
                await stack.enter_async_context(working)
            yield

    return lifespan
