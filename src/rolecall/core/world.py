"""The world that a plan was made from, as digests: what moved since can be named, and no secret is kept. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any

from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId
from rolecall.core.observed import Observed

CONFIG = "the config"
DRIFT = "what the drift detection found"
_SHORT = 12
"""Hexadecimal digits of an account's digest: the fingerprint of the whole file guards it, this only names it."""
_NAMED = 5


@dataclass(frozen=True, slots=True)
class World:
    """Digests of a config and of everything that was seen. `parts` have names for people.

    `accounts` are the organization's, by name, place, state and whether they are targets; `instances` the stack set's,
    whatever an earlier drift detection said of them.
    """

    parts: Mapping[str, str]
    accounts: Mapping[AccountId, str]
    instances: Mapping[AccountId, str]


def world_of(desired: Desired, observed: Observed) -> World:
    """Linear in the accounts."""
    return World(
        parts={CONFIG: _config(desired), **dict(_parts(observed))},
        accounts={found.id: digest([found.account, found.via])[:_SHORT] for found in desired.accounts.values()},
        instances={found.account: digest(replace(found, drift=""))[:_SHORT] for found in observed.instances},
    )


def moved(before: World, now: World) -> list[str]:
    """What is another than it was, each in a few words. Another config makes other targets, which says nothing more."""
    names = [name for name in sorted({**before.parts, **now.parts}) if before.parts.get(name) != now.parts.get(name)]
    joined, left, otherwise = "joined the organization", "left the organization", "moved or changed in it"
    names += _between(before.accounts, now.accounts, joined, left, "" if CONFIG in names else otherwise)
    arrived, gone, changed = (
        "a stack instance that was not there",
        "a stack instance that is gone",
        "another state of the stack instance",
    )
    return names + _between(before.instances, now.instances, arrived, gone, changed)


def digest(value: Any) -> str:
    """SHA-256 of anything that is made of values, in one fixed order."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """Dataclasses, times, mappings and sets as what JSON has, in one fixed order."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(item) for item in value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _config(desired: Desired) -> str:
    """All that the config asks for, apart from the accounts that it comes out at."""
    return digest({name: value for name, value in vars(desired).items() if name not in ("organization", "accounts")})


def _parts(observed: Observed) -> Iterator[tuple[str, str]]:
    yield "the stack set", digest(observed.stack_set)
    yield "the management account's stack", digest(observed.management_stack)
    yield "trusted access for StackSets", digest(observed.trusted_access)
    yield "the stack set's newest operation", digest(observed.operation)
    if observed.drifts is not None:
        yield DRIFT, digest(observed.drifts)
    by_platform = defaultdict(list)
    for registration in observed.registrations:
        by_platform[registration.platform].append(registration)
    for platform, registrations in by_platform.items():
        yield f"the registrations at {platform}", digest(registrations)


def _between(
    before: Mapping[AccountId, str], now: Mapping[AccountId, str], came: str, went: str, changed: str
) -> list[str]:
    both = before.keys() & now.keys()
    told = (
        (came, now.keys() - before.keys()),
        (went, before.keys() - now.keys()),
        (changed, {account for account in both if before[account] != now[account]}),
    )
    return [f"{what}: {_some(sorted(accounts))}" for what, accounts in told if what and accounts]


def _some(accounts: list[AccountId]) -> str:
    more = f" and {len(accounts) - _NAMED} more" if len(accounts) > _NAMED else ""
    return ", ".join(accounts[:_NAMED]) + more
