"""A role that was read back beside what the config deploys: what is another, in words. Pure.

By meaning: the order of statements, one value or a list of it, and Sids say nothing to IAM.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rolecall.core.blueprint import Deployed
from rolecall.core.read_back import Document, LastUsed, ReadBack, ReadRole
from rolecall.core.roll import Access, Proof, with_beyond
from rolecall.core.template.resolving import listed
from rolecall.core.trust_changes import trust_changes


@dataclass(frozen=True, slots=True)
class Deviations:
    """`others` are let in by the trust and should not be; `notes` are all other differences, and what was not read."""

    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*(f"its trust policy lets in {other}" for other in self.others), *self.notes)


def deviations(deployed: Deployed, found: ReadBack) -> Deviations:
    """What was refused is said, and taken neither for the same nor for another."""
    others: tuple[str, ...] = ()
    notes: list[str] = []
    if found.role is not None:
        trust = trust_changes(deployed.trust, found.role.trust)
        others = trust.others
        notes += [*trust.notes, *_settings(deployed, found.role)]
    notes += [*_attached(deployed, found), *_inline(deployed, found), *map(str, found.unread)]
    return Deviations(others, tuple(notes))


def with_deviations(proof: Proof, found: Deviations, last_used: LastUsed | None) -> Proof:
    """The proof with what was read back: `open` where the trust lets in somebody else than the config says."""
    told = replace(proof, deviations=found.all, last_used=last_used)
    if found.notes:
        told = with_beyond(told, f"read back, it differs: {'; '.join(found.notes)}")
    if found.others:
        reason = f"others are let in: {', '.join(found.others)}; {told.reason}"
        return replace(told, access=Access.OPEN, reason=reason)
    return told


def _settings(deployed: Deployed, role: ReadRole) -> Iterator[str]:
    seconds = deployed.max_session_seconds
    if seconds is not None and role.max_session_seconds != seconds:
        yield f"its sessions may last {role.max_session_seconds} seconds, not {seconds}"
    there = role.boundary or ""
    if deployed.boundary is not None and there != deployed.boundary:
        now = f"its permissions boundary is {there}" if there else "it has no permissions boundary"
        yield f"{now}, not {deployed.boundary}" if deployed.boundary else f"{now}; none was deployed"
    for key, value in sorted(deployed.tags.items()):
        if role.tags.get(key) != value:
            yield f"its tag {key} is {'another' if key in role.tags else 'gone'}"


def _attached(deployed: Deployed, found: ReadBack) -> Iterator[str]:
    said = ("the policy {} is attached and was not deployed", "the policy {} is not attached", "the policy {}")
    return _policies(deployed.attached, found.attached, found.policies, said)


def _inline(deployed: Deployed, found: ReadBack) -> Iterator[str]:
    said = ("the inline policy {} was not deployed", "the inline policy {} is gone", "the inline policy {}")
    return _policies(deployed.inline, found.inline_names, found.inline, said)


def _policies(
    deployed: Mapping[str, Document] | None,
    names: Sequence[str] | None,
    found: Mapping[str, Document],
    said: tuple[str, str, str],
) -> Iterator[str]:
    """`said` of one too many, of one that lacks, and of one that is there. Nothing where either side is not known."""
    if deployed is None or names is None:
        return
    more, lacking, there = said
    yield from (more.format(name) for name in sorted(set(names) - deployed.keys()))
    yield from (lacking.format(name) for name in sorted(deployed.keys() - set(names)))
    for name, document in sorted(found.items()):
        if name in deployed and (change := _change(deployed[name], document)):
            yield f"{there.format(name)} was changed: {change}"


def _change(deployed: Document, found: Document) -> str:
    """Nothing where both mean the same; else which actions, or that it is something beside them."""
    if _meaning(deployed) == _meaning(found):
        return ""
    before, after = _allowed(deployed), _allowed(found)
    more, less = sorted(after - before), sorted(before - after)
    words = [
        f"it allows {', '.join(more)} too" if more else "",
        f"it no longer allows {', '.join(less)}" if less else "",
    ]
    return ", ".join(filter(None, words)) or "in its resources, conditions or denials"


def _allowed(document: Document) -> frozenset[str]:
    return frozenset(
        action if key == "Action" else f"all but {action}"
        for statement in listed(document["Statement"])
        if statement["Effect"] == "Allow"
        for key in ("Action", "NotAction")
        for action in listed(statement.get(key, []))
    )


def _meaning(document: Document) -> frozenset[Any]:
    return frozenset(_statement(statement) for statement in listed(document["Statement"]))


def _statement(statement: Mapping[str, Any]) -> frozenset[Any]:
    plain = {key: _values(value) for key, value in statement.items() if key not in ("Sid", "Condition")}
    actions = {key: frozenset(map(str.lower, plain[key])) for key in ("Action", "NotAction") if key in plain}
    return frozenset([*(plain | actions).items(), ("Condition", _conditions(statement.get("Condition", {})))])


def _conditions(written: Mapping[str, Mapping[str, Any]]) -> frozenset[Any]:
    return frozenset(
        (operator.lower(), key.lower(), _values(values))
        for operator, keys in written.items()
        for key, values in keys.items()
    )


def _values(value: Any) -> frozenset[str]:
    items: Iterable[Any] = listed(value)
    return frozenset(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
