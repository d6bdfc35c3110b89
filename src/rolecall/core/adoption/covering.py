"""Which permission groups a template's permissions cover. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rolecall.core.adoption.permissions import Granted
from rolecall.core.permission_groups import GROUPS, PermissionGroup
from rolecall.core.permission_groups.account_check import GROUP as ACCOUNT_CHECK
from rolecall.core.policy.patterns import ActionNames

ACCOUNT = "123456789012"
"""Stands for the account that is asked about."""


@dataclass(frozen=True)
class Part:
    """A group of which not all is allowed: what is missing, and what is allowed of fewer resources than it asks for."""

    group: PermissionGroup
    lacking: tuple[str, ...]
    narrower: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """`whole` are the groups for the config; `left_out` those that are allowed too, and why they are not among them.

    `beyond` are actions that no group of the config asks for, `wider` patterns that allow more than the groups.
    """

    whole: tuple[str, ...]
    partly: tuple[Part, ...]
    left_out: tuple[tuple[str, str], ...]
    beyond: tuple[str, ...]
    wider: tuple[str, ...]


def covered(granted: Granted, role_arn: str, partition: str, *, management: bool) -> Coverage:
    """By asking each group's own questions, as the roll call would."""
    samples = {
        "${AWS::Partition}": partition,
        "${AWS::AccountId}": ACCOUNT,
        "${AWS::Region}": "us-east-1",
        "${RolePath}${RoleName}": role_arn.partition(":role")[2],
    }
    partly = [part for group in GROUPS.values() if (part := _part(group, granted, samples))]
    known = {part.group.id: part for part in partly}
    whole = [group for group in GROUPS.values() if group.id not in known]
    left_out = dict(_unfitting(whole, management))
    names = [
        group.id for group in GROUPS.values() if group is ACCOUNT_CHECK or (group in whole and group.id not in left_out)
    ]
    needed = {action.lower() for name in names for action in GROUPS[name].actions}
    patterns = sorted(pattern for pattern in granted.allowed if pattern.lower() not in needed)
    wider = [pattern for pattern in patterns if any(map(ActionNames.parse([pattern]).match, needed))]
    return Coverage(
        whole=tuple(names),
        partly=tuple(part for part in partly if len(part.lacking) < len(part.group.actions)),
        left_out=tuple(left_out.items()),
        beyond=tuple(pattern for pattern in patterns if pattern not in wider),
        wider=tuple(wider),
    )


def _part(group: PermissionGroup, granted: Granted, samples: dict[str, str]) -> Part | None:
    lacking: list[str] = []
    narrower: list[str] = []
    for statement in group.statements:
        question = statement.question
        resources = [_filled(resource, samples) for resource in question.resources]
        for action in question.actions:
            if all(granted.allows(action, resource, question.context) for resource in resources):
                continue
            (narrower if granted.names(action) else lacking).append(action)
    if not lacking and not narrower:
        return None
    return Part(group, tuple(dict.fromkeys(lacking)), tuple(dict.fromkeys(narrower)))


def _filled(text: str, samples: dict[str, str]) -> str:
    for name, value in samples.items():
        text = text.replace(name, value)
    return text


def _unfitting(whole: list[PermissionGroup], management: bool) -> Iterator[tuple[str, str]]:
    """Groups that the config would not take. Of two that must not stand together the first stays."""
    names = [group.id for group in whole if management or not group.management_only]
    kept = {ACCOUNT_CHECK.id}
    for group in whole:
        lacking = [needed for needed in group.requires if needed not in names]
        others = [other for other in group.conflicts if other in kept]
        if group.management_only and not management:
            yield group.id, "it is for the management account's role alone"
        elif lacking:
            yield group.id, f"it is of no use without {', '.join(lacking)}"
        elif others:
            yield group.id, f"it must not stand beside {', '.join(others)}"
        else:
            kept.add(group.id)
