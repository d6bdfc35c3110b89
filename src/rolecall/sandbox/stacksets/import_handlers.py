"""ImportStacksToStackSet, as a handler on the StackSets engine.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ImportStacksToStackSet.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/service-managed-import.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.source import s3_text
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacksets import targets
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.model import DetailedStatus, Operation, StackSet, Target
from rolecall.sandbox.stacksets.submission import Submission
from rolecall.sandbox.wire import Call, Handler, WireError

_MAX_IDS = 10
_MAX_LISTED = 200
_MAX_LIST_BYTES = 1024 * 1024


class Import:
    """`table` lists the one operation under its API name."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._engine = engine
        self._world = engine.world
        self._submission = Submission(engine)

    def table(self) -> dict[str, Handler]:
        return {"ImportStacksToStackSet": partial(self._submission.begin, "CREATE", self._import)}

    def _import(self, stack_set: StackSet, call: Call, operation: Operation) -> None:
        units, stacks = self._units(stack_set, call), self._by_target(call)
        for target, stack in stacks.items():
            if stack_set.service_managed and target.account_id not in units:
                raise _not_found(stack.id)
            known = stack_set.instances.get(target)
            if known is not None and known.detailed_status is not DetailedStatus.FAILED_IMPORT:
                raise invalid(
                    f"Account {target.account_id} has an instance of the stack set in {target.region} already"
                )
        self._engine.import_stacks(stack_set, operation, stacks, units)
        for target in stacks:
            unit_id = units.get(target.account_id)
            if unit_id is not None:
                stack_set.add_target(unit_id, [target.region])

    def _by_target(self, call: Call) -> dict[Target, Stack]:
        stacks: dict[Target, Stack] = {}
        for stack in map(self._stack, self._named(call)):
            target = Target(stack.place.account_id, stack.place.region)
            if stacks.setdefault(target, stack) is not stack:
                raise invalid(f"Account {target.account_id} can have one instance in {target.region} only")
        return stacks

    def _named(self, call: Call) -> list[str]:
        ids, url = call.params.get("StackIds"), call.params.get("StackIdsUrl")
        if bool(ids) == bool(url):
            raise invalid("Exactly one of [StackIds, StackIdsUrl] must be specified.")
        limit = _MAX_IDS if ids else _MAX_LISTED
        listed: list[str] = ids or s3_text(self._world, call, str(url), _MAX_LIST_BYTES).replace(",", "\n").split()
        if len(listed) > limit:
            raise invalid(f"At most {limit} stacks can be imported at a time")
        return listed

    def _stack(self, stack_id: str) -> Stack:
        stack = self._engine.stacks.by_id(stack_id)
        if stack is None:
            raise _not_found(stack_id)
        return stack

    def _units(self, stack_set: StackSet, call: Call) -> Mapping[str, str | None]:
        """Account id to the nearest of the given units that hold it; for self-managed stack sets there are none."""
        given = call.params.get("OrganizationalUnitIds") or ()
        if not stack_set.service_managed:
            if given:
                raise invalid("OrganizationalUnitIds are for SERVICE_MANAGED permissions only")
            return {}
        if not given:
            raise invalid("OrganizationalUnitIds must be specified")
        targets.check_units(self._world, given)
        nearest_last = sorted(given, key=lambda unit_id: len(self._world.organization.path_of(unit_id)))
        return targets.Selection(tuple(nearest_last), frozenset(), "NONE").accounts_in(self._world)


def _not_found(stack_id: str) -> WireError:
    return WireError("StackNotFoundException", f"Stack with id {stack_id} does not exist", 404)
