"""The template's two places for a role, so that one can be renamed without being away. Pure.

CloudFormation knows a role by its logical id: one that is given another name under the same id is made anew, and the
former is deleted before anybody could move. So a role that is renamed is made in the other place, with policies of its
own, and stays there when the former is taken out. See docs/adr/0019-rotation.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.config.role import SECOND
from rolecall.core.template import inputs
from rolecall.core.template.facts import defaults_in
from rolecall.core.template.reading import read
from rolecall.core.template.resolving import resolved

SECOND_ROLE = f"{SECOND}Role"
_REFERENCE = re.compile(r"\$\{([^}!]+)\}")

Resources = Mapping[str, Mapping[str, Any]]


def role_id(role: RoleSection) -> str:
    """The logical id of the role of the present name."""
    return SECOND_ROLE if role.is_second else role.logical_id


def placed(role: RoleSection, resources: Resources) -> dict[str, Any]:
    """The role and its policies where they belong, and those of the former name in the other place.

    `resources` are those of one role, in the first place, by the parameter RoleName.
    """
    ids = {name: SECOND_ROLE if name == role.logical_id else f"{SECOND}{name}" for name in resources}
    present = _moved(resources, ids) if role.is_second else dict(resources)
    if role.former_name is None:
        return present
    by_former_name = _moved(resources, {inputs.ROLE_NAME: inputs.FORMER_ROLE_NAME, **({} if role.is_second else ids)})
    return {**by_former_name, **present} if role.is_second else {**present, **by_former_name}


def as_deployed(role: RoleSection, template: str, parameters: Mapping[str, str]) -> RoleSection:
    """With the place in which a deployed template has it; a name that is not there gets the other than the former's."""
    names = names_in(role, template, parameters)
    if not any(names):
        return role
    second = names[1] == role.name or (role.name not in names and role.former_name == names[0])
    return role.model_copy(update={"template_place": "second" if second else "first"})


def names_in(role: RoleSection, template: str, parameters: Mapping[str, str]) -> tuple[str, str]:
    """The names of the roles in the first and the second place of a template; "" where there is none."""
    roles = roles_in(template, parameters)
    return roles.get(role.logical_id, ""), roles.get(SECOND_ROLE, "")


def roles_in(template: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """The roles to which a template gives names: logical id -> name. None in a text that is no template."""
    named, defaults = _named_roles(template)
    values = {**defaults, **parameters}
    return {logical_id: resolved(name, values) for logical_id, name in named.items()}


@lru_cache(maxsize=8)
def _named_roles(template: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Logical id -> name as it stands there, and the parameters' defaults. A look asks the same few texts again."""
    document = read(template)
    if document is None:
        return {}, {}
    roles = {name: found for name, found in document["Resources"].items() if found["Type"] == "AWS::IAM::Role"}
    properties = {name: found.get("Properties") or {} for name, found in roles.items()}
    return {name: told["RoleName"] for name, told in properties.items() if "RoleName" in told}, defaults_in(document)


def _moved(resources: Resources, names: Mapping[str, str]) -> dict[str, Any]:
    """By other logical ids and parameters."""
    return {names.get(name, name): _referring(resource, names) for name, resource in resources.items()}


def _referring(value: Any, names: Mapping[str, str]) -> Any:
    """With other names wherever Ref and Fn::Sub refer to them."""
    if isinstance(value, list):
        return [_referring(item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {"Ref"}:
        return {"Ref": names.get(value["Ref"], value["Ref"])}
    if value.keys() == {"Fn::Sub"}:
        return {"Fn::Sub": _REFERENCE.sub(lambda found: f"${{{names.get(found[1], found[1])}}}", value["Fn::Sub"])}
    return {key: _referring(item, names) for key, item in value.items()}
