from __future__ import annotations

import pytest

from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import (
    Account,
    AccountState,
    Organization,
    OrganizationalUnit,
    OrganizationIdentity,
    by_id,
)

ROOT, PROD, PAYMENTS = UnitId("r-ab12"), UnitId("ou-ab12-prodprod"), UnitId("ou-ab12-payments")
UNITS = by_id(
    [
        OrganizationalUnit(ROOT, "Root", None),
        OrganizationalUnit(PROD, "Prod", ROOT),
        OrganizationalUnit(PAYMENTS, "Payments", PROD),
    ]
)
IDENTITY = OrganizationIdentity("o-exampleorg", AccountId("100000000000"))


def account(*units: UnitId, state: AccountState = AccountState.ACTIVE) -> Account:
    return Account(AccountId("100000000001"), "billing", state, units)


@pytest.mark.parametrize(
    ("units", "path"),
    [((ROOT,), "/"), ((ROOT, PROD), "/Prod"), ((ROOT, PROD, PAYMENTS), "/Prod/Payments"), ((), "/")],
)
def test_a_path_is_made_of_the_units_names(units: tuple[UnitId, ...], path: str) -> None:
    found = account(*units)
    assert Organization(IDENTITY, (found,), UNITS).path_of(found) == path


def test_a_unit_without_a_known_name_shows_as_its_id() -> None:
    found = account(ROOT, PROD)
    assert Organization(IDENTITY, (found,), {}).path_of(found) == f"/{PROD}"


@pytest.mark.parametrize("state", list(AccountState))
def test_only_active_accounts_are_active(state: AccountState) -> None:
    assert account(ROOT, state=state).active is (state.value == "ACTIVE")
