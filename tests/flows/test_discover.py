from __future__ import annotations

import pytest

from rolecall.errors import ConfigError, IncompleteList
from rolecall.flows.discover import discover
from tests.fakes.cloud import FakeCloud, config
from tests.fakes.organizations import MANAGEMENT, ROOT

from .acting import unit


async def test_everything_is_found_by_one_list_of_accounts_and_one_call_a_parent(cloud: FakeCloud) -> None:
    await discover(config(), cloud.organizations)
    parents = 3  # the root, Workloads, Prod: nothing is below the others' accounts
    assert cloud.organizations.calls == {
        "DescribeOrganization": 1,
        "ListAccounts": 1,
        "ListOrganizationalUnitsForParent": parents,
    }


async def test_accounts_get_the_path_of_their_units_names(cloud: FakeCloud) -> None:
    organization, _ = await discover(config(), cloud.organizations)
    paths = {found.name: organization.path_of(found) for found in organization.accounts}
    assert paths == {
        "management": "/",
        "audit": "/Security",
        "billing": "/Workloads/Prod",
        "payments": "/Workloads/Prod/Payments",
        "dev": "/Workloads/Dev",
    }


async def test_every_account_is_found_once_in_any_state(cloud: FakeCloud) -> None:
    organization, _ = await discover(config(), cloud.organizations)
    assert [found.id for found in organization.accounts] == sorted(cloud.organizations.members)


@pytest.mark.parametrize(
    ("text", "name"),
    [("/", "Root"), ("/Workloads", "Workloads"), ("/Workloads/Prod/Payments", "Payments"), ("/Workloads/Dev/", "Dev")],
)
async def test_a_target_is_given_by_its_path(cloud: FakeCloud, text: str, name: str) -> None:
    _, units = await discover(config(targets={"organizational_units": [text]}), cloud.organizations)
    assert units == (unit(cloud, name),)


async def test_a_target_is_given_by_its_id_and_counts_once(cloud: FakeCloud) -> None:
    prod = unit(cloud, "Prod")
    texts = [prod, "/Workloads/Prod", ROOT]
    _, units = await discover(config(targets={"organizational_units": texts}), cloud.organizations)
    assert units == (prod, ROOT)


async def test_a_unit_without_accounts_is_found_by_walking_the_tree(cloud: FakeCloud) -> None:
    deep = cloud.organizations.unit("Deep", cloud.organizations.unit("Empty", unit(cloud, "Dev")))
    _, units = await discover(
        config(targets={"organizational_units": ["/Workloads/Dev/Empty/Deep"]}), cloud.organizations
    )
    assert units == (deep,)


@pytest.mark.parametrize("text", ["/Nowhere", "/Prod", "ou-ab12-99999999", "r-zz99", "/workloads"])
async def test_an_unknown_unit_is_a_config_error_that_lists_the_known_ones(cloud: FakeCloud, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await discover(config(targets={"organizational_units": [text]}), cloud.organizations)
    assert text in caught.value.summary
    assert "/Workloads/Prod/Payments" in caught.value.hint
    assert caught.value.exit_status == 2


async def test_all_unknown_units_are_told_at_once(cloud: FakeCloud) -> None:
    texts = ["/One", "/Workloads", "/Two"]
    with pytest.raises(ConfigError, match=r"has no /One, /Two$"):
        await discover(config(targets={"organizational_units": texts}), cloud.organizations)


async def test_an_organization_of_one_account_has_the_root_as_target() -> None:
    organization, units = await discover(config(), FakeCloud().organizations)
    assert units == (ROOT,)
    assert [found.name for found in organization.accounts] == ["management"]


async def test_a_list_without_the_management_account_is_not_whole(cloud: FakeCloud) -> None:
    cloud.organizations.leave(MANAGEMENT)
    with pytest.raises(IncompleteList, match="not whole"):
        await discover(config(), cloud.organizations)


async def test_quarantine_units_are_found_however_empty_and_a_wrong_one_is_told(cloud: FakeCloud) -> None:
    deep = cloud.organizations.unit("Isolation", cloud.organizations.unit("Response"))
    wanted = config(targets={"quarantine_units": ["/Response/Isolation"]})
    organization, _ = await discover(wanted, cloud.organizations)
    assert organization.units[deep].name == "Isolation"
    with pytest.raises(ConfigError, match=r"targets\.quarantine_units: the organization has no /Isolation"):
        await discover(config(targets={"quarantine_units": ["/Isolation"]}), cloud.organizations)
