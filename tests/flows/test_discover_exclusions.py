from __future__ import annotations

import pytest

from rolecall.core.config import Config
from rolecall.core.organization import AccountState
from rolecall.errors import ConfigError
from rolecall.flows.discover import discover
from tests.fakes.cloud import FakeCloud, config

from .acting import account


def excluding(*accounts: str) -> Config:
    deployment = {"auto_deployment": {"enabled": False}}
    return config(targets={"exclude_accounts": list(accounts)}, deployment=deployment)


async def test_an_excluded_account_that_is_not_in_the_organization_is_a_config_error(cloud: FakeCloud) -> None:
    """With a typo the role would go where it is not wanted."""
    with pytest.raises(ConfigError, match=r"targets.exclude_accounts: .* has no 222222222222, 999999999999$") as caught:
        await discover(excluding("999999999999", account(cloud, "dev"), "222222222222"), cloud.organizations)
    assert caught.value.exit_status == 2
    assert "correct the id" in caught.value.hint


async def test_accounts_of_the_organization_can_be_excluded_in_any_state(cloud: FakeCloud) -> None:
    cloud.organizations.set_state(account(cloud, "dev"), AccountState.SUSPENDED)
    wanted = excluding(account(cloud, "dev"), account(cloud, "audit"), account(cloud, "management"))
    organization, _ = await discover(wanted, cloud.organizations)
    assert len(organization.accounts) == 5
