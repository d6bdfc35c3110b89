"""The world that a plan was made from, as digests: what moved since can be named, and no secret is kept. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from rolecall.core.desired import Desired, DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.core.observed import Observed

CONFIG = "the config"
DRIFT = "what the drift detection found"
_OF_A_FACT = 6
_OF_AN_INSTANCE = 12
"""Hexadecimal digits, so that the file stays small: whatever they miss shows in the changes, which stand there too."""
_NAMED = 5
FACTS = (
    "moved to another unit",
    "in another state",
    "renamed",
    "reached in another way, or not any more",
)
_FOLLOWS_FROM_CONFIG = FACTS[-1]


@dataclass(frozen=True, slots=True)
class World:
    """Digests of a config and of everything that was seen. `parts` have names for people.

    `accounts` are the organization's: one digest for each of FACTS, with blanks between. `instances` are the stack
    set's, whatever an earlier drift detection said of them.
    """

    parts: Mapping[str, str]
    accounts: Mapping[AccountId, str]
    instances: Mapping[AccountId, str]


def world_of(desired: Desired, observed: Observed) -> World:
    """Linear in the accounts."""
    return World(
        parts={CONFIG: _config(desired), **dict(_parts(observed))},
        accounts={found.id: _facts(found) for found in desired.accounts.values()},
        instances={found.account: digest(replace(found, drift=""))[:_OF_AN_INSTANCE] for found in observed.instances},
    )


def moved(before: World, now: World, account_names: Mapping[AccountId, str]) -> list[str]:
    """What is another than it was, each in a few words. Another config makes other targets, which says nothing more."""
    told = partial(_told, account_names)
    names = [name for name in sorted({**before.parts, **now.parts}) if before.parts.get(name) != now.parts.get(name)]
    other_config = CONFIG in names
    names += told("joined the organization", now.accounts.keys() - before.accounts.keys())
    names += told("left the organization", before.accounts.keys() - now.accounts.keys())
    for what, accounts in _changed_facts(before.accounts, now.accounts).items():
        if not (other_config and what == _FOLLOWS_FROM_CONFIG):
            names += told(what, accounts)
    names += told("a stack instance that was not there", now.instances.keys() - before.instances.keys())
    names += told("a stack instance that is gone", before.instances.keys() - now.instances.keys())
    return names + told("another state of the stack instance", _changed(before.instances, now.instances))


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


def _facts(account: DesiredAccount) -> str:
    """In the order of FACTS."""
    found = account.account
    facts = (found.unit_ids, found.state, found.name, account.via)
    return " ".join(digest(fact)[:_OF_A_FACT] for fact in facts)


def _changed_facts(before: Mapping[AccountId, str], now: Mapping[AccountId, str]) -> dict[str, list[AccountId]]:
    """Which fact is another in which accounts; the last only where no other says why."""
    changed: dict[str, list[AccountId]] = {what: [] for what in FACTS}
    for account in _changed(before, now):
        facts = zip(FACTS, before[account].split(), now[account].split(), strict=True)
        others = [what for what, was, is_now in facts if was != is_now]
        for what in others[:-1] if others[1:] and others[-1] == _FOLLOWS_FROM_CONFIG else others:
            changed[what].append(account)
    return changed


def _changed(before: Mapping[AccountId, str], now: Mapping[AccountId, str]) -> list[AccountId]:
    return [account for account in before if account in now and before[account] != now[account]]


def _told(names: Mapping[AccountId, str], what: str, accounts: Collection[AccountId]) -> list[str]:
    """Nothing where there are none."""
    if not accounts:
        return []
    more = f" and {len(accounts) - _NAMED:,} more" if len(accounts) > _NAMED else ""
    shown = [f"{names[account]} ({account})" if account in names else account for account in sorted(accounts)[:_NAMED]]
    return [f"{what}: {', '.join(shown)}{more}"]
