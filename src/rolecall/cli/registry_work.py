"""What `rolecall serve` and `rolecall registry worker` have in common: the external id, the config, and the ports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from rolecall.cli.options import Options
from rolecall.core.config import Config
from rolecall.errors import UsageError
from rolecall.registry.pipelines.worker import Terms
from rolecall.registry.settings import Settings
from rolecall.registry.work import Work
from rolecall.wiring.assembly import Credentials
from rolecall.wiring.config_file import load_config
from rolecall.wiring.registry import open_registry_ports, registry_config


def settings_of(given: Options, database: str, external_id: str | None, check_every: float) -> Settings:
    """`check_every` in days. Raises UsageError where nothing says which external id the roles ask for."""
    return Settings(
        database_url=database,
        external_id=external_id or _configured(given),
        check_every=timedelta(days=check_every),
    )


def _configured(given: Options) -> str | None:
    """The config's; None where the config asks for none."""
    if not given.config.exists():
        hint = "give --external-id, or --config with the rolecall.yaml that the roles are deployed from"
        raise UsageError("which external id do the roles ask for?", hint=hint)
    role = load_config(given.config).role
    return role.external_id if role.asks_external_id else None


def config_of(given: Options, settings: Settings) -> Config:
    return registry_config(given.config, settings.external_id, given.region)


@asynccontextmanager
async def open_work(given: Options, config: Config, *, concurrency: int, lease: float) -> AsyncIterator[Work]:
    """`lease` in seconds."""
    terms = Terms(concurrency=concurrency, lease=timedelta(seconds=lease))
    async with open_registry_ports(config, Credentials(given.profile, given.region)) as ports:
        yield Work(ports, config, terms)
