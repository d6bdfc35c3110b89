"""A change that would take the role from the platform before it was told: as notes, with the two steps to go. Pure.

See docs/guides/rotation.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rolecall.core.adoption.trusting import Trusted, trusted_in
from rolecall.core.adoption.values import Values
from rolecall.core.desired import Desired
from rolecall.core.masking import masked
from rolecall.core.observed import Observed, StackContent
from rolecall.core.renaming import renamed_at_once
from rolecall.core.template.reading import read


def rotation_notes(desired: Desired, observed: Observed) -> Iterator[str]:
    """Of the deployed stack set against what is wanted; nothing where nothing is deployed."""
    current = observed.stack_set
    if current is None or not observed.instances:
        return
    before, after = _trusted(current.content), _trusted(desired.content)
    if _is_replaced(before, after):
        yield _EXTERNAL_ID.format(lost=", ".join(map(masked, before.external_ids)))
    if gone := [found for found in before.principals if found not in after.principals]:
        yield _PRINCIPALS.format(gone=", ".join(gone))
    if after.external_ids and before.principals and not before.external_ids:
        yield _ASKED
    if former := renamed_at_once(desired, current.content):
        yield _NAME.format(former=former, name=desired.role_name)


def _is_replaced(before: Trusted, after: Trusted) -> bool:
    """Whether none of the ids that may be presented today is taken afterwards: one of several may well go."""
    both = set(before.external_ids) & set(after.external_ids)
    return bool(before.external_ids and after.external_ids) and not both


_EXTERNAL_ID = (
    "the platform presents the external id {lost} until it is told another, and is refused from this apply on. In two "
    "steps it is not: put the former one into role.former_external_ids and apply; give the platform the new one; take "
    "the former one out and apply"
)
_PRINCIPALS = (
    "{gone} may not assume the role any more after this. Where the platform still runs as that, do it in two steps: "
    "leave it in role.trusted_principals beside the new one and apply; move the platform; take it out and apply"
)
_ASKED = (
    "an external id will be asked for where none was: have the platform present it before this apply, since one that "
    "is not asked for does no harm"
)
_NAME = (
    "role {former} becomes {name} at once: the former one is gone before the platforms are registered with the new. In "
    "two steps somebody is always let in: put role.former_name: {former} beside it and apply, which registers the new "
    "one; take it out and apply"
)


def _trusted(content: StackContent) -> Trusted:
    """Of the template's first role."""
    document: dict[str, Any] = read(content.template) or {"Resources": {}}
    roles = [entry for entry in document["Resources"].values() if entry["Type"] == "AWS::IAM::Role"]
    if not roles:
        return Trusted()
    values = Values.of(document, content.parameters, "")
    return trusted_in((roles[0].get("Properties") or {}).get("AssumeRolePolicyDocument"), values)
