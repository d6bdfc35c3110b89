"""The composition root: config and credentials in, ports out. Everything that runs is put together here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import aiohttp
import boto3

from rolecall.aws import query
from rolecall.aws.client import FEW_ATTEMPTS, Client, assumed_session, ca_bundle, regions_of, session
from rolecall.aws.operator import AwsOperator, AwsRoleInspector, Services, operator_credentials
from rolecall.aws.organizations import AwsOrganizations
from rolecall.aws.probe import AwsRoleProbe, SessionCredentials, endpoints
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.aws.stacks import AwsStacks
from rolecall.aws.template_bucket import TemplateBucket
from rolecall.core.config import AssumeFromSection, Config, PlatformSection
from rolecall.core.desired import stack_set_roles
from rolecall.core.probe import SHORTEST_SESSION, SessionAttributes
from rolecall.errors import CredentialsError
from rolecall.platforms import accounts_api
from rolecall.ports import DeepProbe, Platform, Ports, Progress
from rolecall.wiring.clock import SystemClock
from rolecall.wiring.ledger_file import LedgerFile
from rolecall.wiring.nobody_to_ask import NobodyToAsk
from rolecall.wiring.secrets import resolve


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose credentials to run with: a profile and a Region, or None for what the SDK finds."""

    profile: str | None = None
    region: str | None = None


@asynccontextmanager
async def open_ports(
    config: Config,
    credentials: Credentials,
    progress: Progress,
    *,
    platforms: bool = True,
    probe: bool = True,
    probe_may_fail: bool = False,
    folder: Path = Path(),
) -> AsyncIterator[Ports]:
    """The ports for a config in a `folder`. Without `platforms` their keys are not even looked for, and without `probe`
    the platform's credentials are not; where these may be missing, each question of the probe raises why."""
    operator = session(credentials.profile, credentials.region or config.deployment.region)
    async with AsyncExitStack() as stack:
        services = await _services(config, operator, stack)
        yield Ports(
            organizations=AwsOrganizations(Client(operator, "organizations")),
            stack_sets=_stack_sets(config, operator),
            stacks=_stacks(config, operator),
            probe=await _probe(config, credentials, stack, asks=probe, may_fail=probe_may_fail),
            platforms=await _platforms(config, operator, stack) if platforms else (),
            clock=SystemClock(),
            progress=progress,
            ledger=LedgerFile(folder / config.deployment.ledger),
            inspector=_inspector(config, operator, services),
            operator=AwsOperator(services, operator_credentials(operator)),
            regions=regions_of(operator, "cloudformation", config.partition),
            stack_sets_in=cache(partial(_stack_sets_in, config, operator)),
        )


@asynccontextmanager
async def open_probe(
    assume_from: AssumeFromSection, credentials: Credentials, config: Config | None = None
) -> AsyncIterator[DeepProbe]:
    """The roll call's probe alone, for the registry too."""
    region = config.deployment.region if config else credentials.region
    caller = session(assume_from.profile or credentials.profile, region)
    region = region or caller.region_name or "us-east-1"
    if assume_from.role_arn:
        caller = assumed_session(caller, assume_from.role_arn, region)
    sts, iam = endpoints(caller, region)
    async with query.connect(ca_bundle(caller)) as http:
        seconds = config.check.session_seconds if config else SHORTEST_SESSION
        attributes = SessionAttributes(assume_from.source_identity, assume_from.session_tags, seconds)
        yield AwsRoleProbe(query.QueryClient(http), SessionCredentials(caller), sts, iam, attributes)


async def _probe(
    config: Config, credentials: Credentials, stack: AsyncExitStack, *, asks: bool, may_fail: bool
) -> DeepProbe:
    assume_from = config.check.assume_from if asks else AssumeFromSection()
    try:
        return await stack.enter_async_context(open_probe(assume_from, credentials, config))
    except CredentialsError as error:
        if not may_fail:
            raise
        return NobodyToAsk(error)


def open_readers(credentials: Credentials, *, delegated: bool) -> tuple[AwsStackSets, AwsOrganizations, str]:
    """What reads stack sets and the organization where there is no config yet, and the Region of the one."""
    operator = session(credentials.profile, credentials.region)
    region = credentials.region or operator.region_name or "us-east-1"
    stack_sets = AwsStackSets(Client(operator, "cloudformation", region), Preferences(), delegated=delegated)
    return stack_sets, AwsOrganizations(Client(operator, "organizations", region)), region


def open_template_bucket(config: Config, credentials: Credentials) -> TemplateBucket | None:
    """The bucket alone, None where the config names none."""
    return _template_bucket(config, session(credentials.profile, credentials.region or config.deployment.region))


def _template_bucket(config: Config, operator: boto3.Session) -> TemplateBucket | None:
    deployment = config.deployment
    if deployment.template_bucket is None:
        return None
    return TemplateBucket(Client(operator, "s3", deployment.region), deployment.template_bucket)


async def _services(config: Config, operator: boto3.Session, stack: AsyncExitStack) -> Services:
    http = await stack.enter_async_context(query.connect(ca_bundle(operator)))
    sts, iam = endpoints(operator, config.deployment.region)
    return Services(query.QueryClient(http), sts, iam)


def _inspector(config: Config, operator: boto3.Session, services: Services) -> AwsRoleInspector:
    management = operator_credentials(_management(config, operator))
    inspect_role = config.deployment.inspect_role
    return AwsRoleInspector(services, management, operator_credentials(operator), config.partition, inspect_role)


def _stacks(config: Config, operator: boto3.Session) -> AwsStacks:
    management = _management(config, operator)
    client = Client(management, "cloudformation", config.deployment.region)
    return AwsStacks(client, _template_bucket(config, management))


def _stack_sets_in(config: Config, operator: boto3.Session, region: str) -> AwsStackSets:
    """Only to be listed and described."""
    return _stack_sets(config, operator, Client(operator, "cloudformation", region, attempts=FEW_ATTEMPTS))


def _stack_sets(config: Config, operator: boto3.Session, other: Client | None = None) -> AwsStackSets:
    """Of the deployment's Region, or as `other` sees them."""
    deployment = config.deployment
    preferences = Preferences(deployment.failure_tolerance_percent, deployment.max_concurrent_percent)
    client = other or Client(operator, "cloudformation", deployment.region)
    delegated = deployment.call_as == "delegated-admin"
    return AwsStackSets(
        client,
        preferences,
        delegated=delegated,
        roles=stack_set_roles(deployment),
        bucket=_template_bucket(config, operator),
    )


def _management(config: Config, operator: boto3.Session) -> boto3.Session:
    """The management account's own credentials, where the operator's are a delegated administrator's."""
    profile = config.deployment.management_profile
    return session(profile, config.deployment.region) if profile else operator


async def _platforms(config: Config, operator: boto3.Session, stack: AsyncExitStack) -> tuple[Platform, ...]:
    if not config.platforms:
        return ()
    http = await stack.enter_async_context(accounts_api.connect())
    return tuple([await open_platform(http, platform, operator) for platform in config.platforms])


async def open_platform(
    http: aiohttp.ClientSession, section: PlatformSection, operator: boto3.Session | None
) -> Platform:
    """Raises ConfigError where its key is missing."""
    return accounts_api.AccountsApi(http, section.name, section.url, await resolve(section.api_key, operator))
