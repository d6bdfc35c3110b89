"""Organizations' operations on organizational units. Memory only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from rolecall.sandbox.organization import MAX_DEPTH, Unit
from rolecall.sandbox.organizations.errors import constraint
from rolecall.sandbox.organizations.guards import for_management
from rolecall.sandbox.organizations.lookup import existing_unit
from rolecall.sandbox.organizations.tags import read_tags
from rolecall.sandbox.organizations.telling import told
from rolecall.sandbox.organizations.views import unit_view
from rolecall.sandbox.seeded import seeded_unit_id
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_MAX_UNITS = 2_000
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""


@dataclass(frozen=True, slots=True)
class _Units:
    world: World
    numbers: Iterator[int] = field(default_factory=count)

    def create(self, call: Call) -> Params:
        parent, name, tags = existing_unit(self.world, call.params["ParentId"]), call.params["Name"], read_tags(call)
        self._check_room(parent.id)
        self._check_name(parent.id, name)
        organization = self.world.organization
        path = f"{parent.id}/{name}/{next(self.numbers)}"
        unit = Unit(seeded_unit_id(self.world.seed, organization.root_id, path), name, parent.id)
        organization.add_unit(unit)
        organization.set_tags(unit.id, tags)
        return {"OrganizationalUnit": unit_view(self.world, unit)}

    def update(self, call: Call) -> Params:
        unit = self._unit(call)
        name = call.params.get("Name", unit.name)
        if name != unit.name:
            self._check_name(unit.parent_id or "", name)
            self.world.organization.rename_unit(unit.id, name)
        return {"OrganizationalUnit": unit_view(self.world, self.world.organization.units[unit.id])}

    def delete(self, call: Call) -> Params:
        unit = self._unit(call)
        organization = self.world.organization
        if organization.accounts_in(unit.id) or organization.units_in(unit.id):
            message = "The specified OU isn't empty. Move all accounts to another root or to other OUs."
            raise WireError("OrganizationalUnitNotEmptyException", message)
        organization.remove_unit(unit.id)
        return {}

    def _unit(self, call: Call) -> Unit:
        unit_id = call.params["OrganizationalUnitId"]
        return existing_unit(self.world, unit_id, "OrganizationalUnitNotFoundException")

    def _check_room(self, parent_id: str) -> None:
        organization = self.world.organization
        if len(organization.path_of(parent_id)) > MAX_DEPTH:
            message = "You exceeded the limit on how many levels deep organizational units can be nested."
            raise constraint(message, "OU_DEPTH_LIMIT_EXCEEDED")
        if len(organization.units) > _MAX_UNITS:  # the root is one of them
            raise constraint("You have as many organizational units as you may.", "OU_NUMBER_LIMIT_EXCEEDED")

    def _check_name(self, parent_id: str, name: str) -> None:
        if any(unit.name == name for unit in self.world.organization.units_in(parent_id)):
            raise WireError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")


def handlers(world: World) -> Handlers:
    units = _Units(world)
    changes = {
        "CreateOrganizationalUnit": units.create,
        "UpdateOrganizationalUnit": units.update,
        "DeleteOrganizationalUnit": units.delete,
    }
    return {
        ("organizations", action): for_management(world, told(world, handler)) for action, handler in changes.items()
    }
