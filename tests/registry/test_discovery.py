from __future__ import annotations

import pytest
from sqlalchemy import select

from rolecall.core.organization import AccountState
from rolecall.errors import AccessDenied
from rolecall.registry.accounts.store import remove_account
from rolecall.registry.audit.store import AuditQuery, lines_after
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import MemberRow, UnitRow
from rolecall.registry.discovery.begin import discovery_pipeline
from tests.fakes.cloud import FakeCloud
from tests.fakes.organization_reader import FakeOrganizationReader
from tests.fakes.probe import throttled
from tests.flows.acting import account, applied, unit
from tests.flows.conftest import cloud

from .test_checks import role_of
from .working import Office

__all__ = ["cloud"]

DISCOVER = discovery_pipeline("org", "CadoResponseRole")


@pytest.fixture
async def office(database: Database, cloud: FakeCloud) -> Office:
    """With the role deployed everywhere, and the management account's registered."""
    await applied(cloud)
    office = Office.of(database, cloud)
    office.add("org", role_of(cloud, "management"))
    return office


def named(cloud: FakeCloud, name: str) -> str:
    return f"{name} ({account(cloud, name)})"


async def test_every_account_that_answers_is_registered_and_checked(office: Office, cloud: FakeCloud) -> None:
    (begun,) = await office.done(DISCOVER)
    others = [named(cloud, name) for name in ("audit", "billing", "payments", "dev")]
    assert office.names() == sorted(["org", *others])
    subtasks = office.subtasks(begun)
    assert next(iter(subtasks)) == "List the organization"
    assert {name for name in subtasks if name.startswith("Check")} == {f"Check {name}" for name in others}
    assert subtasks[f"Register {named(cloud, 'management')}"].progress == ["Already registered as org"]
    assert subtasks[f"Register {others[0]}"].progress[-1] == f"Registered as {others[0]}"
    assert {row.state for row in subtasks.values()} == {"SUCCESS"}
    assert office.pipeline(begun).status == "complete"
    for name in others:
        row = office.account(name)
        assert row is not None
        assert (row.check_result, row.account_check_id) == ("success", begun)


async def test_each_registration_is_in_the_audit_log_under_whoever_began_the_discovery(
    office: Office, cloud: FakeCloud
) -> None:
    (begun,) = await office.done(DISCOVER)
    with office.database.reading() as session:
        lines = [
            (line.event, line.subject, line.key_id, line.route)
            for line in lines_after(session, AuditQuery(event="account_added"), 0, 100)
        ]
    names = [name for name in office.names() if name != "org"]
    assert sorted(lines) == sorted(("account_added", name, 7, f"pipeline {begun}") for name in names)


async def test_the_organization_is_known_afterwards_and_replaced_by_the_next_discovery(
    office: Office, cloud: FakeCloud
) -> None:
    await office.done(DISCOVER)
    cloud.organizations.move(account(cloud, "dev"), unit(cloud, "Security"))
    left = account(cloud, "audit")
    cloud.organizations.leave(left)
    await office.done(DISCOVER)
    with office.database.reading() as session:
        members = {row.id: row for row in session.scalars(select(MemberRow))}
        units = {row.name: row for row in session.scalars(select(UnitRow))}
    assert left not in members
    assert members[account(cloud, "dev")].unit_id == units["Security"].id
    assert units["Prod"].parent_id == units["Workloads"].id
    assert units["Root"].parent_id is None
    assert {row.organization for row in members.values()} == {"org"}


async def test_an_account_that_is_not_active_is_left_out_and_says_so(office: Office, cloud: FakeCloud) -> None:
    cloud.organizations.set_state(account(cloud, "dev"), AccountState.SUSPENDED)
    cloud.probe.assumed.clear()
    (begun,) = await office.done(DISCOVER)
    subtask = office.subtasks(begun)[f"Register {named(cloud, 'dev')}"]
    assert (subtask.state, subtask.progress) == ("SUCCESS", ["Left out: the account is SUSPENDED, and takes no role"])
    assert office.account(named(cloud, "dev")) is None
    assert account(cloud, "dev") not in {found for found, _ in cloud.probe.assumed}


async def test_a_role_that_does_not_answer_is_a_failure_in_awss_words(office: Office, cloud: FakeCloud) -> None:
    (begun,) = await office.done(discovery_pipeline("org", "NoSuchRole"))
    subtasks = office.subtasks(begun)
    failed = subtasks[f"Register {named(cloud, 'dev')}"]
    assert failed.state == "FAILURE"
    assert "AWS says: AccessDenied: AccessDenied: not authorized to perform sts:AssumeRole" in failed.progress[-1]
    assert office.pipeline(begun).status == "failed"
    assert office.names() == ["org"]


async def test_a_role_that_answers_without_the_external_id_is_not_registered(office: Office, cloud: FakeCloud) -> None:
    cloud.probe.open.add(account(cloud, "dev"))
    (begun,) = await office.done(DISCOVER)
    subtask = office.subtasks(begun)[f"Register {named(cloud, 'dev')}"]
    assert subtask.state == "FAILURE"
    assert "without the external id" in subtask.progress[-1]
    assert office.account(named(cloud, "dev")) is None


async def test_a_name_that_another_role_has_is_a_failure_that_says_so(office: Office, cloud: FakeCloud) -> None:
    office.add(named(cloud, "dev"), role_of(cloud, "dev", "OtherRole"))
    (begun,) = await office.done(DISCOVER)
    subtask = office.subtasks(begun)[f"Register {named(cloud, 'dev')}"]
    assert subtask.state == "FAILURE"
    assert subtask.progress[-1].startswith(f"Another role is registered as {named(cloud, 'dev')}")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (AccessDenied("AWS refused ListAccounts", detail="no identity-based policy allows it"), "no identity-based"),
        (throttled(), "Rate exceeded"),
    ],
)
async def test_where_the_organization_cannot_be_listed_nothing_is_forgotten(
    office: Office, cloud: FakeCloud, error: Exception, told: str
) -> None:
    await office.done(DISCOVER)
    assert isinstance(office.ports.reader, FakeOrganizationReader)
    office.ports.reader.error = error
    (begun,) = await office.done(DISCOVER)
    (subtask,) = office.subtasks(begun).values()
    assert (subtask.state, told in subtask.progress[-1]) == ("FAILURE", True)
    with office.database.reading() as session:
        assert len(session.scalars(select(MemberRow)).all()) == 5


async def test_an_organization_account_that_refuses_or_is_gone_is_a_failure(office: Office, cloud: FakeCloud) -> None:
    office.add("wrong", role_of(cloud, "management", "NoSuchRole"))
    refused, gone = await office.done(
        discovery_pipeline("wrong", "CadoResponseRole"), discovery_pipeline("nobody", "CadoResponseRole")
    )
    assert "cannot be assumed. AWS says: AccessDenied" in office.subtasks(refused)["List the organization"].progress[-1]
    assert office.subtasks(gone)["List the organization"].progress == ["nobody is not registered any more"]
    assert {office.pipeline(one).status for one in (refused, gone)} == {"failed"}


async def test_two_discoveries_at_once_register_each_role_once(office: Office, cloud: FakeCloud) -> None:
    """Also with three workers, and through two accounts of the same organization."""
    office.add("org too", role_of(cloud, "management"))
    for number in range(20):
        cloud.organizations.account(f"more {number}", unit(cloud, "Dev"))
    await applied(cloud)
    begun = await office.done(DISCOVER, DISCOVER, discovery_pipeline("org too", "CadoResponseRole"), workers=3)
    assert len(office.names()) == 2 + 24
    assert {office.pipeline(one).status for one in begun} == {"complete"}
    told = [line for one in begun for row in office.subtasks(one).values() for line in row.progress]
    assert sum(line.startswith("Registered as") for line in told) == 24
    assert len(office.checks()) == 24


async def test_an_account_that_is_removed_while_its_organization_is_listed_leaves_nothing(
    office: Office, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = office.ports.reader
    listing = reader.organization

    async def meanwhile(assumed: object) -> object:
        with office.database.transaction() as session:
            assert remove_account(session, "org")
        return await listing(assumed)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "organization", meanwhile)
    (begun,) = await office.done(DISCOVER)
    (subtask,) = office.subtasks(begun).values()
    assert subtask.progress[-1] == "org was removed while its organization was listed"
    with office.database.reading() as session:
        assert session.scalars(select(MemberRow)).all() == []
