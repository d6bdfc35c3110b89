"""The composition root of the registry: what it asks the world with, and by which config."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rolecall.aws.client import Client, session
from rolecall.aws.organization_reader import AwsOrganizationReader
from rolecall.aws.organizations import AwsOrganizations
from rolecall.core.config import (
    NO_EXTERNAL_ID,
    Config,
    DeploymentSection,
    RoleSection,
    TargetsSection,
)
from rolecall.ports import RegistryPorts
from rolecall.wiring.assembly import Credentials, open_probe
from rolecall.wiring.clock import SystemClock
from rolecall.wiring.config_file import load_config

_USUAL_NAME = "CadoResponseRole"
_NONE_ASKED = "the registry was told so"


def registry_config(file: Path, external_id: str | None, region: str | None) -> Config:
    """What roles are checked by: the config where there is one, else the usual permission groups in one Region.

    Raises ConfigError for a config that cannot be used.
    """
    config = load_config(file) if file.exists() else _usual(region or "us-east-1")
    role = config.role.model_copy(update={"external_id": external_id or NO_EXTERNAL_ID})
    return config.model_copy(update={"role": role})


def _usual(region: str) -> Config:
    """Of a role that this config deploys nowhere, so that it need not say whom it trusts."""
    role = RoleSection.model_construct(
        name=_USUAL_NAME, trusted_principals=[], external_id=NO_EXTERNAL_ID, external_id_reason=_NONE_ASKED
    )
    deployment = DeploymentSection(region=region)
    return Config(version=1, role=role, targets=TargetsSection(organizational_units=["/"]), deployment=deployment)


@asynccontextmanager
async def open_registry_ports(config: Config, credentials: Credentials) -> AsyncIterator[RegistryPorts]:
    """With the credentials that the command runs with: they are the platform's, whatever `check.assume_from` says."""
    region = config.deployment.region
    caller = session(credentials.profile, region)
    brought = config.check.assume_from.model_copy(update={"profile": None, "role_arn": None})
    async with open_probe(brought, credentials, config) as probe:
        yield RegistryPorts(
            probe=probe,
            organizations=AwsOrganizations(Client(caller, "organizations", region)),
            clock=SystemClock(),
            reader=AwsOrganizationReader(caller, region),
        )
