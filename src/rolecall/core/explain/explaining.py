"""The whole explanation of a role, as a value and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.explain.capabilities import CAPABILITIES
from rolecall.core.explain.documents import policies
from rolecall.core.explain.granted import Grant, Terms, grants
from rolecall.core.explain.model import LEVELS, Allowed, Explanation
from rolecall.core.explain.never import judged
from rolecall.core.explain.threats import session, threats
from rolecall.core.service_reference import ServiceReference

_THROUGH_MACHINES = ("ssm:SendCommand", "ssm:StartSession", "ecs:ExecuteCommand")


def patterns(role: RoleSection) -> tuple[str, ...]:
    """The actions that the service reference must know about, for this role to be explained."""
    proven = (pattern for capability in CAPABILITIES for pattern in capability.actions)
    return tuple(dict.fromkeys((*(action for found in role.statements for action in found.actions), *proven)))


def explain(role: RoleSection, reference: ServiceReference, account: str = "member") -> Explanation:
    """`role` is the one of the accounts that `account` names. `reference` knows `patterns(role)`."""
    granted = grants(role, reference)
    never, not_never = judged(policies(role), granted, reference)
    return Explanation(
        role=role.name,
        account=account,
        groups=tuple(group.id for group in role.groups),
        max_session_hours=role.max_session_hours,
        permissions_boundary=role.permissions_boundary,
        reference=reference.version,
        allowed=tuple(_allowed(granted, reference)),
        never=never,
        not_never=not_never,
        caveats=tuple(_caveats(granted)),
        threats=threats(granted),
        session=session(role),
    )


def as_json(explanation: Explanation, version: str) -> dict[str, Any]:
    """One object of plain values; `version` is rolecall's. What people read is rendered from it."""
    return {"rolecall": version, "kind": "explain", **asdict(explanation)}


def _allowed(granted: tuple[Grant, ...], reference: ServiceReference) -> Iterator[Allowed]:
    """By service, level and terms. What several groups allow on the same terms stands once."""
    places: dict[tuple[str, int, Terms], list[Grant]] = {}
    for grant in granted:
        places.setdefault((grant.service, LEVELS.index(grant.level), grant.terms), []).append(grant)
    for (service, level, terms), those in sorted(places.items(), key=lambda item: item[0][:2]):
        yield Allowed(
            service=service,
            service_name=reference.service_names.get(service, service),
            level=LEVELS[level],
            actions=tuple(dict.fromkeys(grant.action for grant in those)),
            resources=terms.resources,
            conditions=terms.conditions,
            groups=tuple(dict.fromkeys(grant.group for grant in those)),
        )


def _caveats(granted: tuple[Grant, ...]) -> Iterator[str]:
    """Ways around "never" that are not the role's own policies."""
    through = [action for action in _THROUGH_MACHINES if any(grant.action == action for grant in granted)]
    if through:
        yield (
            f"Through instances and containers in which it may run commands ({', '.join(through)}) it reaches what "
            "their own roles may do. This list does not bound that; what those roles are given does."
        )
    yield (
        "A bucket, key, secret or queue whose own policy names this role, or everybody, lets it in whatever stands "
        "here; so does another role whose trust policy names this role."
    )
