"""Roles to which the template gives no name: what the config says of them, and which they are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rolecall.core.adoption.reading import ROLE, Adopted
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.init_file import quoted
from rolecall.core.observed import ResourceDrift
from rolecall.core.template.reading import read

ROLES_FILE = "rolecall-roles.csv"
_OURS = ("Role", "RolecallRole")


def config_lines(found: Adopted) -> Iterator[str]:
    """Of the section `role`: the roles stay as they are, until the person says otherwise."""
    yield f"  existing_roles: {quoted(ROLES_FILE)}   # each account's role as it is called now"
    yield "  keep_existing: true   # false makes a role of the name above beside each, and registers that in its place"
    taken = (read(found.stack_set.content.template) or {}).get("Resources") or {}
    if _OURS[0] in taken:
        yield f"  logical_id: {quoted(_free(taken))}   # of that role, in the template in which the others are too"


def role_in(account: AccountId, resources: Iterable[ResourceDrift], found: Adopted, partition: str) -> RoleArn | None:
    """The adopted role of one account, by what a drift detection tells of its stack; None where that names none."""
    for resource in resources:
        if (resource.type, resource.logical_id) == (ROLE, found.logical_id) and resource.status != "DELETED":
            return RoleArn(partition, account, found.path or "/", resource.physical_id)
    return None


def _free(taken: Mapping[str, object]) -> str:
    name, number = _OURS[1], 2
    while name in taken:
        name, number = f"{_OURS[1]}{number}", number + 1
    return name
