"""Roles with names of their own, of an adopted stack set whose template gives them none: kept, or one of ours beside.

Pure. Beside, not in their place: CloudFormation would delete the one right after it made the other, and the platform
would have to do without until that is registered. See docs/adr/0020-unnamed-roles.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rolecall.core.desired import MANAGED_TAG, Desired
from rolecall.core.observed import Observed, StackContent
from rolecall.core.template import render
from rolecall.core.template.differences import Difference
from rolecall.core.template.inputs import MASKED
from rolecall.core.template.reading import read

_MARK = "Rolecall::Existing"
"""In the metadata of a template: section -> the names in it that were there before ours came beside."""
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")
_MAY_GIVE_WAY = ("Outputs",)
"""Where a name of ours may be taken: nothing of ours goes by it."""


def with_existing(desired: Desired, observed: Observed) -> Desired:
    """The stack set's content as it is where its roles are kept, and in ours where they are renamed."""
    current = observed.stack_set
    if not desired.existing and not desired.keeps_existing:
        return desired
    if current is None:
        return replace(desired, cannot=_NONE) if desired.keeps_existing else desired
    if desired.keeps_existing:
        tags = {**current.content.tags, **MANAGED_TAG}
        return replace(desired, content=replace(current.content, tags=tags))
    if why := why_not_beside(current.content, desired.content):
        return replace(desired, cannot=f"ours cannot come beside the roles that are there: {why}")
    return replace(desired, content=_beside(current.content, desired.content))


_NONE = "role.keep_existing keeps the roles of a stack set, and there is none: take it and role.existing_roles out"


def why_not_beside(current: StackContent, ours: StackContent) -> str:
    """Why the two cannot stand in one template, or nothing."""
    there, wanted = read(current.template), read(ours.template)
    if there is None or wanted is None:
        return "its template cannot be read"
    if "Transform" in there:
        return "its template has macros, which StackSets do not take"
    if _is_marked(there):
        return ""
    taken = [
        f"{section[:-1].lower()} {name}"
        for section, names in _former(there).items()
        for name in sorted(names & (wanted.get(section) or {}).keys())
        if section not in _MAY_GIVE_WAY and not (section == "Parameters" and _same(current, ours, name))
    ]
    return f"its template has {', '.join(taken)}, as ours" if taken else ""


def _same(current: StackContent, ours: StackContent, parameter: str) -> bool:
    """Whether both can do with one value: the same, or one that AWS does not tell and a person filled in."""
    return current.parameters.get(parameter) in (ours.parameters.get(parameter), MASKED)


def renamed(desired: Desired) -> Iterator[Difference]:
    """Which role with a name of its own gets which beside it."""
    for account in desired.accounts.values():
        former = desired.existing.get(account.id)
        if former and former == account.former_role and account.is_target:
            yield Difference(f"role in {account.account.name} ({account.id})", str(former), str(account.role))


def _beside(current: StackContent, ours: StackContent) -> StackContent:
    there, wanted = read(current.template), read(ours.template)
    assert there is not None
    assert wanted is not None
    former = _former(there)
    document = {**wanted, "Metadata": {**(wanted.get("Metadata") or {}), _MARK: _named(former)}}
    for section, names in former.items():
        kept = {name: told for name, told in (there.get(section) or {}).items() if name in names}
        together = {**wanted.get(section, {}), **kept}
        document |= {section: together} if together else {}
    given = {name: value for name, value in current.parameters.items() if name in former["Parameters"]}
    return replace(ours, template=render(document), parameters={**given, **ours.parameters})


def _is_marked(document: Mapping[str, Any]) -> bool:
    return _MARK in (document.get("Metadata") or {})


def _former(document: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """What is not ours, by section: all, in a template that we had no part in."""
    marked = (document.get("Metadata") or {}).get(_MARK)
    return {
        section: frozenset((document.get(section) or {}) if marked is None else marked.get(section, ()))
        for section in _SECTIONS
    }


def _named(former: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {section: sorted(names) for section, names in former.items() if names}
