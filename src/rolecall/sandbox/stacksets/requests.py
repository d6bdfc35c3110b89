"""Calls on stack sets read into the engine's words, with AWS's refusals. Reads the world's store for S3 URLs.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session

from rolecall.sandbox.stacks.errors import constraint_broken, invalid
from rolecall.sandbox.stacks.parts import Definition
from rolecall.sandbox.stacks.shapes import tag_values
from rolecall.sandbox.stacks.source import template_body
from rolecall.sandbox.stacks.template import parameters
from rolecall.sandbox.stacks.template.model import Template
from rolecall.sandbox.stacks.template.parse import parse
from rolecall.sandbox.stacksets.model import AutoDeploymentSettings, Operation, SelfManaged, StackSet
from rolecall.sandbox.stacksets.preferences import Preferences
from rolecall.sandbox.wire import Call, Params

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]*")
_TOKEN = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_REGION = re.compile(r"[a-zA-Z0-9-]{1,128}")
_MAX_NAME = 128
Redefine = Callable[[Definition], Definition]
"""From the definition of a stack set to that of after an update."""

DEFAULT_ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
DEFAULT_EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html"""


def stack_set_name(params: Params) -> str:
    """A new stack set's name. Raises WireError `ValidationError`."""
    name: str = params["StackSetName"]
    if not _NAME.fullmatch(name):
        raise constraint_broken(
            name, "stackSetName", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    if len(name) > _MAX_NAME:
        raise constraint_broken(name, "stackSetName", f"Member must have length less than or equal to {_MAX_NAME}")
    return name


def definition(
    params: Params, body: str, former: Definition | None = None, *, service_managed: bool = True
) -> Definition:
    """What the stack set deploys: template, parameters, tags, capabilities.

    `former` is that of an update. Tags that an update leaves out stay; capabilities do not. Raises WireError
    `ValidationError`.
    """
    template = parse(body)
    if service_managed:
        _check_service_managed(template)
    tags = params.get("Tags")
    kept = former.tags if former else {}
    given = params.get("Parameters") or ()
    return Definition(
        body=body,
        template=template,
        parameters=parameters.values(template, given, former.parameters if former else None),
        tags=dict(kept) if tags is None else tag_values(tags),
        capabilities=tuple(params.get("Capabilities") or ()),
    )


def redefinition(world: World, call: Call, *, service_managed: bool) -> Redefine:
    """What an update makes of the definition that it finds. Reads a template's S3 object at once.

    Raises WireError `ValidationError`, and so does what it returns.
    """
    body = template_body(world, call, "")

    def redefine(former: Definition) -> Definition:
        return definition(call.params, body or former.body, former, service_managed=service_managed)

    return redefine


def marks_all_outdated(params: Params) -> bool:
    """Whether an update makes every instance OUTDATED before it begins: by what it names, as AWS's page has it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html
    """
    return any(params.get(name) for name in ("TemplateBody", "TemplateURL", "Parameters"))


def auto_deployment(params: Params) -> AutoDeploymentSettings:
    """Raises WireError `ValidationError` for a retention without auto-deployment."""
    given = params.get("AutoDeployment") or {}
    enabled = bool(given.get("Enabled"))
    if not enabled and given.get("RetainStacksOnAccountRemoval") is not None:
        raise invalid("RetainStacksOnAccountRemoval can only be specified when AutoDeployment is enabled")
    depends_on = tuple(given.get("DependsOn") or ())
    return AutoDeploymentSettings(enabled, bool(given.get("RetainStacksOnAccountRemoval")), depends_on)


def managed_execution(params: Params) -> bool | None:
    """None where the call says nothing of it."""
    given = params.get("ManagedExecution")
    return None if given is None else bool(given.get("Active"))


def permissions(call: Call, former: StackSet | None = None) -> SelfManaged | None:
    """The self-managed permissions that a call gives a stack set; None for service-managed ones.

    Raises WireError `ValidationError` for what the permission model does not have, and for another than `former`'s.
    """
    params = call.params
    model = "SERVICE_MANAGED" if former and former.service_managed else "SELF_MANAGED"
    asked = params.get("PermissionModel", model)
    if former and former.instances and asked != model:
        raise invalid(f"The permission model of a stack set cannot be changed from {model} to {asked}")
    if asked == "SERVICE_MANAGED":
        if params.get("AdministrationRoleARN") or params.get("ExecutionRoleName"):
            raise invalid("AdministrationRoleARN and ExecutionRoleName are for SELF_MANAGED permissions only")
        return None
    if params.get("AutoDeployment"):
        raise invalid("AutoDeployment is for SERVICE_MANAGED permissions only")
    known = former.permissions if former else None
    default_arn = f"arn:aws:iam::{call.caller.account_id}:role/{DEFAULT_ADMINISTRATION_ROLE}"
    return SelfManaged(
        params.get("AdministrationRoleARN") or (known.administration_role_arn if known else default_arn),
        params.get("ExecutionRoleName") or (known.execution_role_name if known else DEFAULT_EXECUTION_ROLE),
    )


def regions(params: Params) -> tuple[str, ...]:
    given = tuple(dict.fromkeys(params.get("Regions") or ()))
    if not given:
        raise invalid("Regions must be specified")
    for region in given:
        if not _REGION.fullmatch(region):
            raise constraint_broken(
                region, "regions", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9-]{1,128}$"
            )
        if region not in _regions():
            raise invalid(f"Region {region} is not valid")  # AWS's words are not known
    return given


@cache
def _regions() -> frozenset[str]:
    """Every Region of every partition in which there is CloudFormation."""
    session = botocore.session.Session()
    partitions = session.get_available_partitions()
    return frozenset(name for each in partitions for name in session.get_available_regions("cloudformation", each))


def operation(world: World, call: Call, action: str) -> Operation:
    """A new operation as the call asks for it. Raises WireError `ValidationError`."""
    token = call.params.get("OperationId") or world.new_uuid("operation")
    if not _TOKEN.fullmatch(token) or len(token) > _MAX_NAME:
        raise constraint_broken(
            token, "operationId", "Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*"
        )
    return Operation(
        id=token,
        action=action,
        created=world.now(),
        preferences=Preferences.read(call.params),
        request=fingerprint(call),
        deployment_targets=call.params.get("DeploymentTargets"),
        retain_stacks=call.params.get("RetainStacks"),
    )


def operation_of_ours(world: World, action: str, *, retain_stacks: bool | None = None) -> Operation:
    """One that no call asked for by itself."""
    now, preferences = world.now(), Preferences.of_auto_deployment()
    return Operation(world.new_uuid("operation"), action, now, preferences, retain_stacks=retain_stacks)


def with_parameters(params: Params, inherited: Mapping[str, str]) -> Params:
    """The call's parameters of the template, and those that it inherits and does not give itself."""
    given = list(params.get("Parameters") or ())
    named = {entry.get("ParameterKey") for entry in given}
    more = [{"ParameterKey": key, "ParameterValue": value} for key, value in inherited.items() if key not in named]
    return {**params, "Parameters": [*given, *more]}


def fingerprint(call: Call) -> str:
    """The same for the same request, whatever its OperationId."""
    asked = {name: value for name, value in call.params.items() if name not in ("OperationId", "ClientRequestToken")}
    return json.dumps([call.action, asked], sort_keys=True, default=str)


def overrides(template: Template, given: Iterable[Params], former: Mapping[str, str]) -> dict[str, str]:
    """Parameter overrides by name; UsePreviousValue keeps what is in `former`, if anything.

    Raises WireError `ValidationError` for a parameter that the template lacks or a value that it refuses.
    """
    chosen: dict[str, str] = {}
    for entry in given:
        name = entry.get("ParameterKey", "")
        if name not in template.parameters:
            raise invalid(f"Parameters: [{name}] do not exist in the template")
        if not entry.get("UsePreviousValue"):
            chosen[name] = entry.get("ParameterValue", "")
            parameters.check(template.parameters[name], chosen[name])
        elif entry.get("ParameterValue") is not None:
            raise parameters.both_given(name)
        elif name in former:
            chosen[name] = former[name]
    return chosen


def status_filter(params: Params, name: str) -> Sequence[str]:
    """The values of one of a list call's Filters; empty where it has none."""
    filters = params.get("Filters") or ()
    return [entry["Values"] for entry in filters if entry.get("Name") == name and entry.get("Values")]


def _check_service_managed(template: Template) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-associate-stackset-with-org.html"""
    if any(_transforms(entry.properties) for entry in template.resources.values()):
        raise invalid("StackSets with SERVICE_MANAGED permission model do not support macros and transforms")
    nested = [entry.logical_id for entry in template.resources.values() if entry.type == "AWS::CloudFormation::Stack"]
    if nested:
        raise invalid("StackSets with SERVICE_MANAGED permission model do not support nested stacks: "
                      f"[{', '.join(nested)}]")  # fmt: skip


def _transforms(value: Any) -> bool:
    """Whether Fn::Transform is anywhere in it."""
    if isinstance(value, Mapping):
        return "Fn::Transform" in value or any(map(_transforms, value.values()))
    return isinstance(value, list) and any(map(_transforms, value))
