"""What a request names: an account, a root or unit. Raises AWS's error for what is not there. Pure."""

from __future__ import annotations

from rolecall.sandbox.organization import Unit, WorldAccount
from rolecall.sandbox.wire import WireError
from rolecall.sandbox.world import World


def existing_account(world: World, account_id: str) -> WorldAccount:
    account = world.account(account_id)
    if account is None:
        raise WireError("AccountNotFoundException", "You specified an account that doesn't exist.")
    return account


def existing_unit(world: World, unit_id: str, code: str = "ParentNotFoundException") -> Unit:
    unit = world.organization.units.get(unit_id)
    if unit is None:
        kind = "organizational unit" if code.startswith("OrganizationalUnit") else "parent"
        raise WireError(code, f"You specified {'an' if kind[0] == 'o' else 'a'} {kind} that doesn't exist.")
    return unit
