"""The platform lists the organization's accounts by the discovery role, and does nothing else with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.template import discovery, filled
from rolecall.core.template import parameters as values_of
from tests.fakes.cloud import EXTERNAL_ID

from ..conformance.cloud import refused
from ..served import ServedSandbox
from .cloud import config_of, made, refusal


def session(sandbox: ServedSandbox, wanted: Config, **parameters: str) -> dict[str, str]:
    """The platform's."""
    document = filled(discovery.build(wanted), values_of(wanted.role))
    arn = made(sandbox.client("cloudformation"), "discovery", document, **parameters)
    assert arn.endswith(":role/CadoResponseRoleDiscovery")
    platform = sandbox.client("sts", "platform")
    assert refused(platform.assume_role, RoleArn=arn, RoleSessionName="platform")[0] == "AccessDenied"
    answer = platform.assume_role(RoleArn=arn, RoleSessionName="platform", ExternalId=EXTERNAL_ID)
    credentials: dict[str, str] = answer["Credentials"]
    return credentials


def test_the_platform_lists_the_accounts_and_their_tags_and_nothing_else(sandbox: ServedSandbox) -> None:
    audit = sandbox.account_id("audit")
    sandbox.client("organizations").tag_resource(ResourceId=audit, Tags=[{"Key": "team", "Value": "ir"}])
    credentials = session(sandbox, config_of(sandbox))
    organizations = sandbox.client_as("organizations", credentials)
    pages = organizations.get_paginator("list_accounts").paginate()
    listed = [account["Id"] for page in pages for account in page["Accounts"]]
    assert sorted(listed) == sorted(account.id for account in sandbox.world.accounts())
    assert organizations.list_tags_for_resource(ResourceId=audit)["Tags"] == [{"Key": "team", "Value": "ir"}]
    root = sandbox.world.organization.root_id
    calls: list[tuple[Any, str, dict[str, Any]]] = [
        (organizations, "list_tags_for_resource", {"ResourceId": root}),
        (organizations, "list_roots", {}),
        (organizations, "list_policies", {"Filter": "SERVICE_CONTROL_POLICY"}),
        (organizations, "describe_account", {"AccountId": audit}),
        (organizations, "close_account", {"AccountId": audit}),
        (sandbox.client_as("iam", credentials), "list_roles", {}),
        (sandbox.client_as("s3", credentials), "list_buckets", {}),
    ]
    for client, method, given in calls:
        assert refusal(getattr(client, method), **given)


@pytest.mark.parametrize("name", ["OrganizationAccountAccessRole", "CadoResponseRole"])
def test_it_leads_into_no_account(sandbox: ServedSandbox, name: str) -> None:
    sts = sandbox.client_as("sts", session(sandbox, config_of(sandbox)))
    arn = f"arn:aws:iam::{sandbox.account_id('audit')}:role/{name}"
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="on")[0] == "AccessDenied"


def test_what_was_begun_before_the_time_was_over_ends_with_it(sandbox: ServedSandbox) -> None:
    until = f"{sandbox.world.now() + timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"
    organizations = sandbox.client_as("organizations", session(sandbox, config_of(sandbox), AccessUntil=until))
    assert organizations.list_accounts()["Accounts"]
    sandbox.advance(minutes=20)
    code, message = refused(organizations.list_accounts)
    assert code == "AccessDeniedException"
    assert "with an explicit deny in an identity-based policy" in message
