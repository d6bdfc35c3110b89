"""A plan is a value: what would change, and digests of the world it was made from. Pure.

It is frozen, versioned and serializable. It never holds an external id, a key or a template's parameters: those are in
digests only, of SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId, parse_account_id
from rolecall.core.observed import Observed
from rolecall.core.template.differences import Difference
from rolecall.core.world import DRIFT, FACTS, World, digest, moved, plain, world_of
from rolecall.errors import PlanRefused

PLAN_VERSION = 3


class Action(StrEnum):
    """What a change does. BLOCKED does nothing: it says what cannot be done, and why."""

    CREATE_STACK_SET = "create-stack-set"
    UPDATE_STACK_SET = "update-stack-set"
    ADD_UNIT = "add-unit"
    DROP_UNIT = "drop-unit"
    DELETE_STACK_SET = "delete-stack-set"
    CREATE_INSTANCE = "create-stack-instance"
    RETRY_INSTANCE = "retry-stack-instance"
    REPAIR_INSTANCE = "repair-stack-instance"
    REWRITE_INSTANCE = "rewrite-stack-instance"
    RECREATE_INSTANCE = "recreate-stack-instance"
    DELETE_INSTANCE = "delete-stack-instance"
    LET_GO_INSTANCE = "let-go-stack-instance"
    CREATE_STACK = "create-stack"
    UPDATE_STACK = "update-stack"
    REPLACE_STACK = "replace-stack"
    DELETE_STACK = "delete-stack"
    REGISTER = "register"
    REPLACE_REGISTRATION = "replace-registration"
    DEREGISTER = "deregister"
    BLOCKED = "blocked"

    @property
    def on_platform(self) -> bool:
        return self in (Action.REGISTER, Action.REPLACE_REGISTRATION, Action.DEREGISTER)

    @property
    def destructive(self) -> bool:
        return self in _DESTRUCTIVE


_DESTRUCTIVE = (
    Action.DELETE_STACK_SET,
    Action.DROP_UNIT,
    Action.DELETE_INSTANCE,
    Action.LET_GO_INSTANCE,
    Action.RECREATE_INSTANCE,
    Action.DELETE_STACK,
    Action.DEREGISTER,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: to what (`subject`, such as `stack set X` or `platform forensics`), in which account, and why.

    `differences` say what it is before and after, where something that is there changes.
    """

    action: Action
    subject: str
    account: AccountId | None
    detail: str
    differences: tuple[Difference, ...] = ()

    @property
    def pending(self) -> bool:
        return self.action is not Action.BLOCKED


@dataclass(frozen=True, slots=True)
class Plan:
    """What `apply` would do, in the order in which it would be done."""

    organization_id: str
    world: World
    changes: tuple[Change, ...]

    @property
    def pending(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.pending)

    def of(self, *actions: Action) -> list[Change]:
        """The changes of these kinds, in their order."""
        return [change for change in self.changes if change.action in actions]

    @property
    def blocked(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if not change.pending)

    @property
    def fingerprint(self) -> str:
        """Of all of the plan: the same world and config give the same."""
        return digest([self.organization_id, self.world, self.changes])

    def to_json(self) -> str:
        """The plan file: an object with `rolecall_plan` (its version), the fields, and the fingerprint of all."""
        body = {"rolecall_plan": PLAN_VERSION, **plain(self), "fingerprint": self.fingerprint}
        return json.dumps(body, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Raises PlanRefused for anything that is not a whole plan file of this version, unchanged."""
        try:
            body = json.loads(text)
            version = body["rolecall_plan"]
            if version != PLAN_VERSION:
                raise PlanRefused(
                    f"the plan file has version {version!r}, this rolecall reads {PLAN_VERSION}", hint=_ANEW
                )
            changes = tuple(_change(item) for item in body["changes"])
            plan = cls(body["organization_id"], _world(body["world"]), changes)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlanRefused("the file is not a plan", detail=str(error), hint=_ANEW) from error
        if plan.fingerprint != body.get("fingerprint"):
            raise PlanRefused("the plan file was changed after it was made", hint=_ANEW)
        return plan


_NO_NAMES: Mapping[AccountId, str] = {}
_ANEW = "make one with `rolecall plan --out FILE`"


def make_plan(desired: Desired, observed: Observed, changes: tuple[Change, ...]) -> Plan:
    return Plan(
        organization_id=desired.organization.identity.id,
        world=world_of(desired, observed),
        changes=changes,
    )


def refuse_if_stale(saved: Plan, current: Plan, names: Mapping[AccountId, str] = _NO_NAMES) -> None:
    """Raises PlanRefused, naming what moved, unless both plans come from the same config and world.

    `names` are the accounts'.
    """
    if saved.organization_id != current.organization_id:
        detail = f"the plan is of {saved.organization_id}, these credentials are of {current.organization_id}"
        raise PlanRefused("the plan is of another organization", detail=detail)
    if (DRIFT in saved.world.parts) != (DRIFT in current.world.parts):
        how = "with" if DRIFT in saved.world.parts else "without"
        raise PlanRefused(f"the plan was made {how} --drift", hint="apply it as it was made")
    if told := moved(saved.world, current.world, names):
        difference = _difference(saved.changes, current.changes)
        raise PlanRefused(f"the plan is stale; other than then: {'; '.join(told)}", detail=difference, hint=_ANEW)
    if saved.changes != current.changes:
        difference = _difference(saved.changes, current.changes)
        hint = f"give the options that it was made with, such as --retry-blocked, or {_ANEW}"
        raise PlanRefused("the plan lists other changes than these options give", detail=difference, hint=hint)


def _difference(before: tuple[Change, ...], now: tuple[Change, ...]) -> str:
    former, present = set(before), set(now)
    lines = [f"no longer needed: {_line(change)}" for change in before if change not in present]
    lines += [f"needed now: {_line(change)}" for change in now if change not in former]
    more = [f"and {len(lines) - 10} more"] if len(lines) > 10 else []
    return "; ".join(lines[:10] + more)


def _line(change: Change) -> str:
    return " ".join(filter(None, [change.action, change.subject, change.account]))


def _world(told: Mapping[str, Any]) -> World:
    accounts, instances = (
        {parse_account_id(account): str(found) for account, found in told[name].items()}
        for name in ("accounts", "instances")
    )
    if any(len(found.split()) != len(FACTS) for found in accounts.values()):
        raise ValueError("the digest of an account is not whole")
    return World({str(name): str(found) for name, found in told["parts"].items()}, accounts, instances)


def _change(item: Mapping[str, Any]) -> Change:
    account = item["account"]
    return Change(
        Action(item["action"]),
        str(item["subject"]),
        None if account is None else parse_account_id(account),
        str(item["detail"]),
        tuple(Difference(*map(str, (told["what"], told["before"], told["after"]))) for told in item["differences"]),
    )
