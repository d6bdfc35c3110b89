"""The deployment as Terraform's HCL, for teams that must apply it there. Pure.

Resources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudformation_stack_set and
cloudformation_stack_instances, cloudformation_stack beside it. Heredocs and escapes:
https://developer.hashicorp.com/terraform/language/expressions/strings
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from rolecall.core.config import Config, RoleSection
from rolecall.core.desired import MANAGED_TAG
from rolecall.core.ids import is_unit_id
from rolecall.core.template.form import CAPABILITIES, MAX_BODY_BYTES, render
from rolecall.core.template.inputs import external_id_parameters, parameters
from rolecall.core.template.role import build
from rolecall.errors import UsageError

MARK = "TEMPLATE"
"""What ends the templates' heredocs; no line of ours is that word."""
_ROOT = "data.aws_organizations_organization.this.roots[0].id"

Block = Iterator[str]


def terraform(config: Config) -> str:
    """One file: what it needs of the provider, the external id as a variable, look-ups of units, stack set, stack.

    Raises UsageError for what Terraform's resources cannot say.
    """
    _refuse(config)
    blocks = [_settings(config), *_variables(config.role), *_units(config), _stack_set(config), _instances(config)]
    if config.targets.management_account:
        blocks.append(_management_stack(config))
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _refuse(config: Config) -> None:
    targets, deployment = config.targets, config.deployment
    if targets.account_tags:
        hint = "name accounts by targets.include_accounts, or units"
        raise UsageError("Terraform cannot choose accounts by their tags", hint=hint)
    if not deployment.service_managed and not targets.include_accounts:
        hint = "self-managed stack sets take accounts, not units: give targets.include_accounts"
        raise UsageError("Terraform needs the accounts themselves", hint=hint)
    if len(_body(config.role).encode()) > MAX_BODY_BYTES:
        hint = f"aws_cloudformation_stack_set takes {MAX_BODY_BYTES:,} bytes: enable fewer groups, or use `apply`"
        raise UsageError("the template is too large to stand in a file of Terraform's", hint=hint)


def _settings(config: Config) -> Block:
    yield "terraform {"
    yield '  required_version = ">= 1.5"'
    yield "  required_providers {"
    yield '    aws = { source = "hashicorp/aws", version = ">= 5.83" }'
    yield "  }"
    yield "}"
    yield ""
    yield 'provider "aws" {'
    yield f"  region = {_quoted(config.deployment.region)}"
    yield "}"
    if profile := config.deployment.management_profile:
        yield ""
        yield 'provider "aws" {'
        yield '  alias   = "management"'
        yield f"  region  = {_quoted(config.deployment.region)}"
        yield f"  profile = {_quoted(profile)}"
        yield "}"


def _variables(role: RoleSection) -> Iterator[Block]:
    """An external id stands in no file: `TF_VAR_external_id`, or a file of variables, gives it."""
    return map(_variable, external_id_parameters(role))


def _variable(parameter: str) -> Block:
    yield f"variable {_quoted(_snake(parameter))} {{"
    yield "  type        = string"
    yield f"  description = {_quoted(f'Parameter {parameter}: what the platform presents when it assumes the role')}"
    yield "}"


def _units(config: Config) -> Iterator[Block]:
    """Look-ups of the units that the config names by their paths, each part of a path once."""
    if not config.deployment.service_managed or all(map(is_unit_id, config.targets.organizational_units)):
        return
    yield iter(('data "aws_organizations_organization" "this" {}',))
    paths = {tuple(filter(None, text.split("/"))) for text in config.targets.organizational_units if "/" in text}
    parts = sorted({path[:depth] for path in paths for depth in range(1, len(path) + 1)})
    yield from (_unit(path) for path in parts)


def _unit(path: tuple[str, ...]) -> Block:
    yield f'data "aws_organizations_organizational_unit" {_quoted(_label(path))} {{'
    yield f"  parent_id = {_unit_id(path[:-1])}"
    yield f"  name      = {_quoted(path[-1])}"
    yield "}"


def _unit_id(path: tuple[str, ...]) -> str:
    return f"data.aws_organizations_organizational_unit.{_label(path)}.id" if path else _ROOT


def _label(path: tuple[str, ...]) -> str:
    """A name of Terraform's for a path: the same for the same path, and no two alike."""
    return "unit_" + "__".join("".join(_labelled(character) for character in part) for part in path)


def _labelled(character: str) -> str:
    plain = character.isascii() and (character.isalnum() or character == "-")
    return character if plain else f"_{ord(character):x}_"


def _stack_set(config: Config) -> Block:
    deployment, role = config.deployment, config.role.for_members
    yield 'resource "aws_cloudformation_stack_set" "role" {'
    yield f"  name             = {_quoted(config.stack_set_name)}"
    yield f"  permission_model = {_quoted('SERVICE_MANAGED' if deployment.service_managed else 'SELF_MANAGED')}"
    yield from _permissions(config)
    yield f"  capabilities     = {_listed(CAPABILITIES)}"
    yield from _parameters(role)
    yield from _tags(role)
    yield ""
    yield "  managed_execution {"
    yield "    active = true"
    yield "  }"
    yield ""
    yield "  operation_preferences {"
    yield f"    failure_tolerance_percentage = {deployment.failure_tolerance_percent}"
    yield f"    max_concurrent_percentage    = {deployment.max_concurrent_percent}"
    yield "  }"
    yield ""
    yield from _template(role)
    if deployment.service_managed:
        yield ""
        yield "  lifecycle {"
        yield "    ignore_changes = [administration_role_arn]"
        yield "  }"
    yield "}"


def _permissions(config: Config) -> Block:
    deployment = config.deployment
    if not deployment.service_managed:
        arn = f"arn:{config.partition}:iam::${{data.aws_caller_identity.this.account_id}}:role/"
        yield f'  administration_role_arn = "{arn}{deployment.administration_role}"'
        yield f"  execution_role_name     = {_quoted(deployment.execution_role)}"
        return
    yield f"  call_as          = {_quoted(_call_as(config))}"
    yield ""
    yield "  auto_deployment {"
    yield f"    enabled                          = {_bool(deployment.auto_deployment.enabled)}"
    if deployment.auto_deployment.enabled:
        yield f"    retain_stacks_on_account_removal = {_bool(deployment.auto_deployment.retain_on_removal)}"
    yield "  }"
    yield ""


def _instances(config: Config) -> Block:
    deployment, targets = config.deployment, config.targets
    if not deployment.service_managed:
        yield 'data "aws_caller_identity" "this" {}'
        yield ""
    yield 'resource "aws_cloudformation_stack_instances" "role" {'
    yield "  stack_set_name = aws_cloudformation_stack_set.role.name"
    yield f"  regions        = {_listed([deployment.region])}"
    if deployment.service_managed:
        yield f"  call_as        = {_quoted(_call_as(config))}"
        yield ""
        yield "  deployment_targets {"
        yield f"    organizational_unit_ids = [{', '.join(map(_named_unit, targets.organizational_units))}]"
        yield from _filter(config)
        yield "  }"
    else:
        yield f"  accounts       = {_listed(_included(config))}"
    yield ""
    yield "  operation_preferences {"
    yield '    concurrency_mode             = "SOFT_FAILURE_TOLERANCE"'
    yield f"    failure_tolerance_percentage = {deployment.failure_tolerance_percent}"
    yield f"    max_concurrent_percentage    = {deployment.max_concurrent_percent}"
    yield "  }"
    yield "}"


def _filter(config: Config) -> Block:
    """StackSets take one list: the accounts that are included, or those that are excluded."""
    included, excluded = _included(config), config.targets.exclude_accounts
    if included or excluded:
        yield f"    account_filter_type     = {_quoted('INTERSECTION' if included else 'DIFFERENCE')}"
        yield f"    accounts                = {_listed(included or sorted(excluded))}"


def _included(config: Config) -> list[str]:
    return sorted(config.targets.include_accounts or ())


def _named_unit(text: str) -> str:
    return _quoted(text) if is_unit_id(text) else _unit_id(tuple(filter(None, text.split("/"))))


def _management_stack(config: Config) -> Block:
    yield 'resource "aws_cloudformation_stack" "management" {'
    if config.deployment.management_profile:
        yield "  provider     = aws.management"
    yield f"  name         = {_quoted(config.stack_set_name)}"
    yield f"  capabilities = {_listed(CAPABILITIES)}"
    yield from _parameters(config.role)
    yield from _tags(config.role)
    yield ""
    yield from _template(config.role)
    yield "}"


def _parameters(role: RoleSection) -> Block:
    """All of them, those with a default too, as the provider asks."""
    ids = external_id_parameters(role)
    yield ""
    yield "  parameters = {"
    for name, value in parameters(role).items():
        yield f"    {name} = {f'var.{_snake(name)}' if name in ids else _quoted(value)}"
    yield "  }"


def _tags(role: RoleSection) -> Block:
    yield ""
    yield "  tags = {"
    for key, value in sorted({**role.tags, **MANAGED_TAG}.items()):
        yield f"    {_quoted(key)} = {_quoted(value)}"
    yield "  }"


def _template(role: RoleSection) -> Block:
    yield f"  template_body = <<{MARK}"
    yield from _escaped(_body(role)).splitlines()
    yield MARK


def _body(role: RoleSection) -> str:
    return render(build(role))


def _call_as(config: Config) -> str:
    return "DELEGATED_ADMIN" if config.deployment.call_as == "delegated-admin" else "SELF"


def _quoted(text: str) -> str:
    """A string of HCL's: JSON's escapes, and none of its own begun."""
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    """Without interpolation: `${` and `%{` begin none when their first character is doubled."""
    return re.sub(r"([$%])\{", r"\1\1{", text)


def _listed(items: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, items))}]"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
