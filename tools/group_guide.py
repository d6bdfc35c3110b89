"""docs/guides/permission-groups.md from the groups themselves, AWS's service reference and what is known of misuse."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from rolecall.core.config import RoleSection
from rolecall.core.explain import words
from rolecall.core.explain.granted import actions_of, grants
from rolecall.core.explain.groups import levels
from rolecall.core.explain.model import LEVELS
from rolecall.core.explain.threats import threats
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Scope, Statement
from rolecall.core.service_reference import ServiceReference
from rolecall.wiring.service_reference import service_reference

EXAMPLES: dict[Scope, object] = {
    Scope.REGIONS: ["eu-west-1", "eu-central-1"],
    Scope.TAG: {"forensics": "allowed"},
    Scope.BUCKETS: ["evidence-*", "audit-logs"],
    Scope.KEYS: ["alias/evidence-*", "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
}
"""A value for each scope, as the config has it."""

OWN_GROUP = """\
id: our-isolation
title: Isolating an instance
purpose: The platform moves an instance under investigation into the security group "isolated", and back.
source: https://wiki.example.com/runbooks/isolate
requires: [ec2-triage]
statements:
- sid: OurIsolationMove
  actions: [ec2:ModifyNetworkInterfaceAttribute]
  resources:
  - arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:network-interface/*
  - arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:security-group/*
  conditions:
    StringEquals:
      aws:ResourceTag/forensics: allowed
- sid: OurIsolationLook
  actions: [ec2:DescribeNetworkInterfaces]
"""

_INTRODUCTION = """\
# Permission groups

What the platform may do, chosen by name in `role.permission_groups`. Unset, all groups are on that are on by default.
`rolecall permissions` lists them, `rolecall permissions GROUP` tells all of one, and `rolecall explain` says what the
role of your config may do, what it never can, and what somebody who stole it could do.

| group | default | needs | narrowed by | what the platform does |
| --- | --- | --- | --- | --- |
"""

_ABOUT = """
Below, every action stands with AWS's own access level. A group is narrowed in `role.scopes`, by what is named there
and nothing else: those are the ways in which it still works. AWS goes by the Region (`aws:RequestedRegion`), the
resource's tags (`aws:ResourceTag`), the bucket's or object's ARN, and the key's ARN or alias (`kms:ResourceAliases`).
`ACCOUNT` and `PARTITION` are those of the account that the role is in; `ROLE` is the role's name with its path.
"""

_OWN = f"""\
## A group of your own

Name a folder in `role.groups_folder`, from the config file's place, and put a YAML file a group into it:

```yaml
{OWN_GROUP}```

Then enable it by its id:

```yaml
role:
  groups_folder: groups
  permission_groups: [account-check, ebs, ebs-encrypted, ec2-triage, our-isolation]
```

- `rolecall permissions GROUP --yaml` prints any group in this form, to begin with. Give it another id, and its
  statements other sids where both groups are on: no two statements of a role have the same.
- `${{AWS::Partition}}` and `${{AWS::AccountId}}` in a resource or condition are the account's; IAM's own policy
  variables (`${{aws:PrincipalTag/team}}`) stay as they are, and need `examples`. Without `resources` a statement
  is on every resource.
- Every statement allows; what should be denied is left out.
- The roll call asks each statement with examples that it makes from its resources and conditions. Where a condition
  says only what must not be, give them: `examples: {{resources: [...], context: {{key: value}}}}`.
- `requires` and `conflicts` name other groups, yours or ours; `management_only: true` keeps it out of member accounts.
- The linter looks at your groups as at ours. What it refuses can be excused in `role.exceptions`, with a reason.
- `rolecall explain` then tells of it too: what the group allows leaves the list of what the role can never do.
"""


def page() -> str:
    reference = service_reference([action for group in GROUPS.values() for action in group.actions])
    parts = [_INTRODUCTION + "".join(map(_row, GROUPS.values())) + _ABOUT]
    parts += ["\n".join(_section(group, reference)) + "\n" for group in GROUPS.values()]
    return "\n".join([*parts, _OWN])


def _row(group: PermissionGroup) -> str:
    scopes = ", ".join(f"`{scope}`" for scope in group.scopes) or "-"
    needs = ", ".join(f"`{name}`" for name in group.requires) or "-"
    return f"| [`{group.id}`](#{group.id}) | {_default(group)} | {needs} | {scopes} | {group.purpose} |\n"


def _default(group: PermissionGroup) -> str:
    return ("on" if group.default else "off") + ("; management account only" if group.management_only else "")


def _section(group: PermissionGroup, reference: ServiceReference) -> Iterator[str]:
    counts = ", ".join(f"{count} {level}" for level, count in levels(group, reference).items())
    alone = " Only in the management account's role." if group.management_only else ""
    default = "on" if group.default else "off"
    yield f"## {group.id}\n\n**{group.title}**, {default} by default. {group.purpose}{alone} Actions: {counts}.\n"
    yield from _statements(group, reference)
    yield from _narrowed(group)
    yield from _accepted(group)
    yield "Somebody who stole the role's session could, with this group:\n"
    yield from (f"- {line}" for line in _threats(group, reference))
    yield f"\nSource: {group.source}."


def _statements(group: PermissionGroup, reference: ServiceReference) -> Iterator[str]:
    yield "| statement | level | actions | on | only |\n| --- | --- | --- | --- | --- |"
    for statement in group.statements:
        on = ", ".join(f"`{_readable(resource)}`" for resource in statement.resources if resource != "*")
        only = "; ".join(told.removeprefix("only ") for told in words.conditions(statement.conditions))
        for level, actions in _by_level(statement, reference):
            yield f"| {statement.sid} | {level} | {actions} | {on or 'every resource'} | {only or '-'} |"
    yield ""


def _by_level(statement: Statement, reference: ServiceReference) -> Iterator[tuple[str, str]]:
    found = [pair for name in statement.actions for pair in actions_of(name, reference)]
    for level in LEVELS:
        if actions := [f"`{action}`" for action, of in found if of == level]:
            yield level, ", ".join(actions)


def _readable(resource: str) -> str:
    placeholders = {"${AWS::Partition}": "PARTITION", "${AWS::AccountId}": "ACCOUNT", "${RolePath}${RoleName}": "/ROLE"}
    for placeholder, word in placeholders.items():
        resource = resource.replace(placeholder, word)
    return resource


def _narrowed(group: PermissionGroup) -> Iterator[str]:
    if not group.scopes:
        yield "It cannot be narrowed further and still work.\n"
        return
    document = {"role": {"scopes": {group.id: {scope.value: EXAMPLES[scope] for scope in group.scopes}}}}
    yield f"Narrowed by any of:\n\n```yaml\n{yaml.safe_dump(document, sort_keys=False, width=110)}```\n"
    for scope in group.scopes:
        told: dict[str, list[str]] = {}
        for statement in group.statements:
            how = statement.narrowings.get(scope)
            told.setdefault(words.narrowing(scope, how) if how else "as it is", []).append(statement.sid)
        yield f"- `{scope}`: " + "; ".join(f"{', '.join(sids)} {how}" for how, sids in told.items()) + "."
    yield ""


def _accepted(group: PermissionGroup) -> Iterator[str]:
    accepted = [
        f"- {statement.sid} (`{rule}`): {reason}."
        for statement in group.statements
        for rule, reason in statement.accepted.items()
    ]
    if accepted:
        yield "Accepted, though a rule of the linter speaks against it:\n"
        yield from accepted
        yield ""


def _threats(group: PermissionGroup, reference: ServiceReference) -> Iterator[str]:
    """Of this group alone; where it needs another, also what only both together make possible."""
    needed = threats(grants(_role(list(group.requires)), reference)) if group.requires else ()
    known = {threat.id: threat for threat in needed}
    for threat in threats(grants(_role([*group.requires, group.id]), reference)):
        before = known.get(threat.id)
        if before is None or before.actions != threat.actions:
            limits = f" ({'; '.join(threat.limits)})" if threat.limits else ""
            yield threat.words[0].lower() + threat.words[1:].rstrip(".") + limits


def _role(groups: list[str]) -> RoleSection:
    return RoleSection(
        name="ROLE",
        trusted_principals=["arn:aws:iam::111111111111:role/Platform"],
        external_id="example",
        permission_groups=groups,
    )
