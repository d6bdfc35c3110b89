"""Organizations' operations on organizational units and on tags. Memory only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from rolecall.sandbox.organization import MAX_DEPTH, Unit
from rolecall.sandbox.organizations.errors import constraint
from rolecall.sandbox.organizations.guards import for_management, for_reader
from rolecall.sandbox.organizations.lookup import existing_unit
from rolecall.sandbox.organizations.paging import paged
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
        organization = self.world.organization
        parent = existing_unit(self.world, call.params["ParentId"])
        if len(organization.path_of(parent.id)) > MAX_DEPTH:
            message = "You exceeded the limit on how many levels deep organizational units can be nested."
            raise constraint(message, "OU_DEPTH_LIMIT_EXCEEDED")
        if len(organization.units) > _MAX_UNITS:
            raise constraint("You have as many organizational units as you may.", "OU_NUMBER_LIMIT_EXCEEDED")
        name = call.params["Name"]
        self._check_name(parent.id, name)
        path = f"{parent.id}/{name}/{next(self.numbers)}"
        unit_id = seeded_unit_id(self.world.seed, organization.root_id, path)
        unit = Unit(unit_id, name, parent.id)
        organization.add_unit(unit)
        organization.set_tags(unit.id, _tags(call))
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

    def tag(self, call: Call) -> Params:
        self.world.organization.set_tags(self._resource(call), _tags(call))
        return {}

    def untag(self, call: Call) -> Params:
        tags = self.world.organization.tags.get(self._resource(call), {})
        for key in call.params["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags(self, call: Call) -> Params:
        tags = sorted(self.world.organization.tags.get(self._resource(call), {}).items())
        return paged(self.world, call, "Tags", tags, lambda pair: {"Key": pair[0], "Value": pair[1]})

    def _unit(self, call: Call) -> Unit:
        unit_id = call.params["OrganizationalUnitId"]
        return existing_unit(self.world, unit_id, "OrganizationalUnitNotFoundException")

    def _check_name(self, parent_id: str, name: str) -> None:
        if any(unit.name == name for unit in self.world.organization.units_in(parent_id)):
            raise WireError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")

    def _resource(self, call: Call) -> str:
        resource_id: str = call.params["ResourceId"]
        organization = self.world.organization
        if resource_id in organization.attachments or resource_id in organization.policies:
            return resource_id
        raise WireError("TargetNotFoundException", "You specified a target that doesn't exist.")


def handlers(world: World) -> Handlers:
    units = _Units(world)
    changes = {
        "CreateOrganizationalUnit": units.create,
        "UpdateOrganizationalUnit": units.update,
        "DeleteOrganizationalUnit": units.delete,
        "TagResource": units.tag,
        "UntagResource": units.untag,
    }
    table = {action: for_management(world, handler) for action, handler in changes.items()}
    table["ListTagsForResource"] = for_reader(world, units.list_tags)
    return {("organizations", action): handler for action, handler in table.items()}


def _tags(call: Call) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", ())}
