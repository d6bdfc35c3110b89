"""Instances that StackSets gave up, or whose stack they lost: let go of, and brought back with the stack that is there.

In this order, so that the role stays all the while, and that a run which ends anywhere leaves what the next plan finds:
the ledger before the instance is let go of, then the stack into the stack set again, then the present content into it.
See docs/adr/0016-repair.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rolecall.core.diff import instance_of
from rolecall.core.diff.repairs import Repair, repair_of
from rolecall.core.ids import AccountId
from rolecall.core.ledger import with_entries, without
from rolecall.core.left_behind import left_behind
from rolecall.core.plan import Action
from rolecall.core.reaching import homes_of
from rolecall.core.report import Failure
from rolecall.errors import NotFound
from rolecall.flows.deploying.arriving import create_instances
from rolecall.flows.deploying.leaving import delete_instances
from rolecall.flows.deploying.tokens import accounts_in, operation_id, stack_set_arn
from rolecall.flows.deploying.updating import update_instances
from rolecall.flows.ledger import keep
from rolecall.flows.look import Seen
from rolecall.flows.running import run_operation
from rolecall.ports import Ports

MOST_IMPORTED = 10
"""Stacks an operation. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ImportStacksToStackSet.html"""
_TITLE = "Bringing stack instances back"


async def repaired_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    return await repair(seen, ports, accounts_in(seen.plan.of(Action.REPAIR_INSTANCE)))


async def repair(seen: Seen, ports: Ports, accounts: Sequence[AccountId]) -> tuple[Failure, ...]:
    """Each as `repair_of` has it; those that a step fails in are left to the next plan."""
    repairs = _repairs(seen, accounts)
    failures = list(await _clear(seen, ports, [found for found in repairs if found.clear]))
    there = _without(repairs, failures)
    missing, failed = await _take_in(seen, ports, [found for found in there if found.stack_id and not found.taken_in])
    failures += failed
    there = _without(there, failures)
    back = [found for found in there if found.stack_id and found not in missing]
    outdated = await _bring_up_to_date(seen, ports, back)
    failures += outdated
    if all(failure.account for failure in outdated):
        await _forget(ports, _without(back, failures))
    new = [found.account for found in there if not found.stack_id or found in missing]
    return (*failures, *(await create_instances(seen, ports, new, _TITLE) if new else ()))


def _repairs(seen: Seen, accounts: Sequence[AccountId]) -> list[Repair]:
    """What is in the plan is meant, blocked before or not."""
    instances = instance_of(seen.desired, seen.observed)
    name = seen.desired.stack_set_name
    found = (repair_of(name, seen.observed, account, instances.get(account), anyway=True) for account in accounts)
    return [repair for repair in found if repair]


async def _clear(seen: Seen, ports: Ports, repairs: Sequence[Repair]) -> tuple[Failure, ...]:
    if not repairs:
        return ()
    stacks = {found.account: found.stack_id for found in repairs if found.stack_id}
    now = ports.clock.now().replace(microsecond=0)
    entries = [
        replace(entry, stack_id=stacks[entry.account])
        for entry in left_behind(seen.desired, seen.observed, stacks, now)
    ]
    if entries:
        await keep(ports, lambda known: with_entries(known, entries))
    husks = [found.account for found in repairs if _is_husk(seen, found)]
    retained = [found.account for found in repairs if found.account not in husks]
    failures: tuple[Failure, ...] = ()
    for accounts, retain in ((husks, False), (retained, True)):
        if accounts:
            failures += await delete_instances(seen, ports, accounts, retain_stacks=retain)
    return failures


def _is_husk(seen: Seen, repair: Repair) -> bool:
    """Whether the instance's own stack holds nothing, and goes with it: another stack has the role, and IAM has one of
    a name. Where there are several names, the instance's own may hold the other."""
    return repair.in_its_way and not seen.desired.former_name and not seen.desired.keeps_existing


async def _take_in(seen: Seen, ports: Ports, repairs: Sequence[Repair]) -> tuple[list[Repair], list[Failure]]:
    """Those whose stack is not there any more, and what failed."""
    missing: list[Repair] = []
    failures: list[Failure] = []
    for start in range(0, len(repairs), MOST_IMPORTED):
        batch = repairs[start : start + MOST_IMPORTED]
        try:
            failures += await _import(seen, ports, batch)
        except NotFound as error:
            if error.code != "StackNotFoundException":
                raise
            if len(batch) == 1:
                missing += batch
                await _forget(ports, batch)
            else:  # AWS does not say which of them
                for one in batch:
                    found, failed = await _take_in(seen, ports, [one])
                    missing, failures = missing + found, failures + failed
    return missing, failures


async def _import(seen: Seen, ports: Ports, repairs: Sequence[Repair]) -> tuple[Failure, ...]:
    name = seen.desired.stack_set_name
    units = homes_of(seen.desired, seen.observed, [found.account for found in repairs])
    stacks = [found.stack_id for found in repairs]
    token = operation_id(seen.plan, await stack_set_arn(seen, ports), f"import {stacks}")

    async def take_in() -> str:
        return await ports.stack_sets.import_stacks(name, stack_ids=stacks, unit_ids=units, operation_id=token)

    return await run_operation(ports, name, take_in, _TITLE)


async def _bring_up_to_date(seen: Seen, ports: Ports, repairs: Sequence[Repair]) -> tuple[Failure, ...]:
    """The stack may be of a former content: an instance that was given up has no part in updates."""
    return await update_instances(seen, ports, [found.account for found in repairs], {}, _TITLE)


async def _forget(ports: Ports, repairs: Iterable[Repair]) -> None:
    """A stack that is in the stack set again, or that AWS does not know, is left behind nowhere."""
    gone = {(found.account, found.stack_id) for found in repairs}
    await keep(ports, lambda known: without(known, [one for one in known if (one.account, one.stack_id) in gone]))


def _without(repairs: Iterable[Repair], failures: Iterable[Failure]) -> list[Repair]:
    failed = {failure.account for failure in failures}
    return [found for found in repairs if found.account not in failed]
