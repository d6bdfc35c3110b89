"""Tags of accounts, units, policies and the root. Memory only.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_TagResource.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rolecall.sandbox.organizations.errors import constraint, invalid_input
from rolecall.sandbox.organizations.guards import for_management, for_reader
from rolecall.sandbox.organizations.paging import paged
from rolecall.sandbox.organizations.telling import told
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_MAX_TAGS = 50
_OF_AWS = "aws:"


@dataclass(frozen=True, slots=True)
class _Tags:
    world: World

    def tag(self, call: Call) -> Params:
        resource_id = self._resource(call)
        self.world.organization.set_tags(resource_id, read_tags(call, self._of(resource_id)))
        return {}

    def untag(self, call: Call) -> Params:
        resource_id, keys = self._resource(call), call.params["TagKeys"]
        _check_keys(keys)
        self.world.organization.remove_tags(resource_id, keys)
        return {}

    def list_tags(self, call: Call) -> Params:
        tags = sorted(self._of(self._resource(call)).items())
        return paged(self.world, call, "Tags", tags, lambda pair: {"Key": pair[0], "Value": pair[1]})

    def _of(self, resource_id: str) -> Mapping[str, str]:
        return self.world.organization.tags.get(resource_id, {})

    def _resource(self, call: Call) -> str:
        resource_id: str = call.params["ResourceId"]
        organization = self.world.organization
        if resource_id in organization.attachments or resource_id in organization.policies:
            return resource_id
        raise WireError("TargetNotFoundException", "You specified a target that doesn't exist.")


def read_tags(call: Call, known: Collection[str] = ()) -> Mapping[str, str]:
    """The tags that a request gives to a resource with the keys `known`. Raises WireError for what it may not have."""
    given = call.params.get("Tags", ())
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) < len(given):
        raise invalid_input("Tag keys must be unique among the tags of an entity.", "DUPLICATE_TAG_KEY")
    _check_keys(tags)
    if len({*tags, *known}) > _MAX_TAGS:
        message = "You have exceeded the number of tags allowed on this resource."
        raise constraint(message, "MAX_TAG_LIMIT_EXCEEDED")
    return tags


def handlers(world: World) -> Handlers:
    tags = _Tags(world)
    return {
        ("organizations", "TagResource"): for_management(world, told(world, tags.tag)),
        ("organizations", "UntagResource"): for_management(world, told(world, tags.untag)),
        ("organizations", "ListTagsForResource"): for_reader(world, tags.list_tags),
    }


def _check_keys(keys: Iterable[str]) -> None:
    if any(key.lower().startswith(_OF_AWS) for key in keys):
        message = f"Tag keys that begin with {_OF_AWS} are reserved for AWS."
        raise invalid_input(message, "INVALID_SYSTEM_TAGS_PARAMETER")
