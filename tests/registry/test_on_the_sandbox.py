"""Checks and a discovery with the real adapters, on a sandbox in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from rolecall.core.template import discovery, filled
from rolecall.core.template import parameters as values_of
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.models import MemberRow, UnitRow
from rolecall.registry.discovery.begin import discovery_pipeline
from rolecall.sandbox.scenario import load_scenario
from rolecall.wiring.assembly import Credentials
from rolecall.wiring.registry import open_registry_ports
from tests.pitfalls.conftest import House, StartHouse, sandbox_loop, start_house, start_sandbox
from tests.sandbox.protection.cloud import made

from .working import Office

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]


@pytest.fixture
async def house(start_house: StartHouse) -> House:
    """The demo's organization, every call of it authorized, with the role deployed wherever it can be."""
    house = start_house(load_scenario("demo"), enforce="all")
    await house.apply()
    return house


@pytest.fixture
async def office(house: House, database_file: Path) -> AsyncIterator[Office]:
    """A registry that runs as the platform."""
    database = open_database(f"sqlite:///{database_file}")
    wanted = house.config()
    async with open_registry_ports(wanted, Credentials("platform")) as ports:
        yield Office(database, ports, wanted)
    database.close()


def role_of(house: House, account: str, role: str = "CadoResponseRole") -> str:
    return f"arn:aws:iam::{house.account(account)}:role/{role}"


async def test_checks_find_what_is_planted(office: Office, house: House) -> None:
    for name in ("storefront-prod", "locked-down", "legacy-erp"):
        office.add(name, role_of(house, name))
    (begun,) = await office.done(check_pipeline(["storefront-prod", "locked-down", "legacy-erp"]))
    found = {office.subtasks(begun)[f"Check {name}"].progress[-1].partition(":")[0]: name for name in office.names()}
    assert found == {"ready": "storefront-prod", "restricted": "locked-down", "unreachable": "legacy-erp"}
    by_type = {issue["issue_type"]: issue for check in office.checks() for issue in check.issues}
    assert set(by_type) == {"denied_by_service_control_policy", "role_not_assumable"}
    assert "is not authorized to perform: sts:AssumeRole" in by_type["role_not_assumable"]["issue"]


@pytest.mark.parametrize("named", [False, True], ids=["with ListAccounts alone", "with a role that may list units"])
async def test_a_discovery_registers_what_answers_and_knows_the_tree(office: Office, house: House, named: bool) -> None:
    role = role_of(house, "northwind-management") if named else discovery_role(house)
    if named:
        house.sandbox.client("iam").put_role_policy(
            RoleName="CadoResponseRole", PolicyName="list", PolicyDocument=_MAY_LIST
        )
    office.add("org", role)
    (begun,) = await office.done(discovery_pipeline("org", "CadoResponseRole"))
    assert office.pipeline(begun).status == "failed", "legacy-erp's role is another's"
    subtasks = office.subtasks(begun)
    accounts = {account.name: account.id for account in house.sandbox.world.accounts()}
    wrong = {f"legacy-erp ({accounts['legacy-erp']})", f"retired-2023 ({accounts['retired-2023']})"}
    own = {f"northwind-management ({accounts['northwind-management']})"} if named else set()
    assert set(office.names()) == {f"{name} ({id_})" for name, id_ in accounts.items()} - wrong - own | {"org"}
    failed = {name: row.progress[-1] for name, row in subtasks.items() if row.state == "FAILURE"}
    assert len(failed) == 2
    assert "AWS says: AccessDenied" in failed[f"Register legacy-erp ({accounts['legacy-erp']})"]
    assert failed[f"Check locked-down ({accounts['locked-down']})"].startswith("restricted: ")
    assert subtasks[f"Register retired-2023 ({accounts['retired-2023']})"].progress[-1].startswith("Left out")
    with office.database.reading() as session:
        units = {row.id: row for row in session.scalars(select(UnitRow))}
        members = {row.name: row for row in session.scalars(select(MemberRow))}
    assert set(members) == set(accounts)
    above = units[members["payments-ledger-prod"].unit_id or ""]
    path = [above, *(units[above.parent_id or ""],)]
    assert [row.name for row in path] == (["Payments", "Prod"] if named else [row.id for row in path])
    assert path[0].id.startswith("ou-")


def discovery_role(house: House) -> str:
    """Made in the management account of the template that rolecall prints for it."""
    wanted = house.config()
    document = filled(discovery.build(wanted), values_of(wanted.role))
    return made(house.sandbox.client("cloudformation"), "discovery", document)


_MAY_LIST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action":
["organizations:ListAccounts", "organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent"]}]}"""
