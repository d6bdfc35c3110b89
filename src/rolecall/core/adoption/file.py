"""The config file that describes an adopted stack set. Pure: what was read in, text out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rolecall.core.adoption import unnamed
from rolecall.core.adoption.covering import Coverage
from rolecall.core.adoption.reading import Adopted
from rolecall.core.adoption.trusting import Trusted
from rolecall.core.init_file import quoted, quoted_list

SUGGESTED_NAME = "CadoResponseRole"
_SHOWN = 20


def config_text(found: Adopted, *, call_as: str, region: str, assume_profile: str | None, management: bool) -> str:
    """A whole rolecall.yaml. What nobody could tell is a line to fill in, which the reader of configs then asks for."""
    lines = [
        f"# Adopted from stack set {found.stack_set.name}. Every key: docs/reference/config.md",
        *(f"# note: {remark}" for remark in found.remarks),
        "version: 1",
        "",
        *_role(found),
        "",
        *_targets(found, management=management),
        "",
        *_deployment(found, call_as, region),
        "",
        "check:",
        "  # Who the platform is: the roll is called with these credentials.",
        f"  {'' if assume_profile else '# '}assume_from: {{profile: {quoted(assume_profile or 'platform')}}}",
        "",
        "# platforms:",
        "#   - name: forensics",
        "#     url: https://platform.example.com",
        "#     api_key: env:ROLECALL_PLATFORM_KEY   # or file:/path, or secretsmanager:<arn>; never the key itself",
    ]
    return "\n".join(lines) + "\n"


def _role(found: Adopted) -> Iterator[str]:
    trusted = found.trusted
    yield "role:"
    yield f"  name: {quoted(found.name or SUGGESTED_NAME)}"
    if not found.name:
        yield from unnamed.config_lines(found)
    elif found.logical_id != "Role":
        yield f"  logical_id: {quoted(found.logical_id)}   # as it is in the template: not to be changed"
    if found.path:
        yield f"  path: {quoted(found.path)}"
    if found.description:
        yield f"  description: {quoted(found.description)}"
    yield from _trusted(trusted)
    yield from _external_ids(trusted)
    yield from _trust(trusted)
    yield f"  max_session_hours: {found.max_session_hours}"
    if found.boundary:
        yield f"  permissions_boundary: {quoted(found.boundary)}"
    yield from _groups(found.coverage)
    if tags := {key: value for key, value in found.tags.items() if key != "managed-by"}:
        yield f"  tags: {json.dumps(dict(sorted(tags.items())))}"


def _trusted(trusted: Trusted) -> Iterator[str]:
    if trusted.anybody:
        yield f"  trusted_principals: {quoted_list(trusted.principals)}"
    else:
        yield '  # trusted_principals: ["arn:aws:iam::<account>:role/<name>"]   # to fill in: nobody can tell who it is'
    if trusted.accounts:
        yield "  trusted_accounts:"
        for account in trusted.accounts:
            yield f"    - {{account: {quoted(account)}, reason: {quoted('as it was when the stack set was adopted')}}}"


def _external_ids(trusted: Trusted) -> Iterator[str]:
    ids = trusted.external_ids
    if ids:
        yield f"  external_id: {quoted(ids[0])}   # give this to the platform"
    elif trusted.untold_id:
        yield '  # external_id: ""   # to fill in with what the platform presents: AWS does not tell it'
    else:
        yield "  external_id: none"
        yield '  external_id_reason: "none was asked for when the stack set was adopted"'
    if ids[1:]:
        yield f"  former_external_ids: {quoted_list(ids[1:])}"


def _trust(trusted: Trusted) -> Iterator[str]:
    if trusted.organization_id or trusted.vpc_endpoints:
        yield "  trust:"
    if trusted.organization_id:
        yield f"    organization_id: {quoted(trusted.organization_id)}"
    if trusted.vpc_endpoints:
        yield f"    source_vpc_endpoints: {quoted_list(trusted.vpc_endpoints)}"


def _groups(coverage: Coverage) -> Iterator[str]:
    for part in coverage.partly:
        if part.lacking:
            yield f"  # {part.group.id} is allowed in part: it lacks {_some(part.lacking)}"
        if part.narrower:
            yield f"  # {part.group.id} is allowed of fewer resources (role.scopes narrows): {_some(part.narrower)}"
    for name, why in coverage.left_out:
        yield f"  # {name} is allowed too, and left out: {why}"
    if coverage.beyond:
        yield f"  # beyond the groups below, and gone with the first apply: {_some(coverage.beyond)}"
    if coverage.wider:
        yield f"  # wider than the groups below, which the first apply narrows: {_some(coverage.wider)}"
    yield f"  permission_groups: [{', '.join(coverage.whole)}]"


def _some(actions: Sequence[str]) -> str:
    more = f" and {len(actions) - _SHOWN} more" if len(actions) > _SHOWN else ""
    return ", ".join(actions[:_SHOWN]) + more


def _targets(found: Adopted, *, management: bool) -> Iterator[str]:
    units = ["/" if unit == found.root else unit for unit in found.stack_set.unit_ids] or ["/"]
    yield "targets:"
    yield f"  organizational_units: {quoted_list(units)}"
    yield "  # StackSets leave the management account out: true brings it the role by a stack of its own"
    yield f"  management_account: {'true' if management else 'false'}"


def _deployment(found: Adopted, call_as: str, region: str) -> Iterator[str]:
    stack_set = found.stack_set
    yield "deployment:"
    yield f"  stack_set_name: {quoted(stack_set.name)}"
    yield f"  adopted_stack_set: {quoted(stack_set.id)}   # ours from now on, whoever made it"
    yield f"  region: {quoted(region)}"
    if stack_set.roles:
        yield "  permissions: self-managed"
        yield f"  administration_role: {quoted(stack_set.roles.administration)}"
        yield f"  execution_role: {quoted(stack_set.roles.execution)}"
        return
    if call_as != "self":
        yield f"  call_as: {call_as}"
    auto = stack_set.auto_deployment
    enabled, retain = ("true" if value else "false" for value in (auto.enabled, auto.retain_on_removal))
    yield f"  auto_deployment: {{enabled: {enabled}, retain_on_removal: {retain}}}"
