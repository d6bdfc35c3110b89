"""Finishes what was left behind: stacks in accounts that live again are taken into a stack set, and deleted with it.

Only StackSets get into a member account. So a stack that was let go of is imported, which needs a stack set with the
same resources: the ledger keeps the template.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-import.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rolecall.core import template
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.ledger import Entry, without
from rolecall.core.observed import AutoDeployment, InstanceStatus, StackContent, StackInstance, StackSet
from rolecall.core.reaching import roots_of
from rolecall.core.reasons import stack_is_gone
from rolecall.core.report import Failure
from rolecall.errors import AwsError
from rolecall.flows.deploying import delete_instances, operation_id, run_operation
from rolecall.flows.ledger import keep
from rolecall.flows.look import Seen
from rolecall.flows.observe import listed
from rolecall.ports import Ports

MAX_IMPORTED = 10
"""Stacks an operation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ImportStacksToStackSet.html
"""


async def finish(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> tuple[Failure, ...]:
    """With a stack set of our name that is made for it, and deleted again: there must be none."""
    failures: tuple[Failure, ...] = ()
    for text, group in _by_template(entries).items():
        await ports.stack_sets.create(seen.desired.stack_set_name, _content(seen, text, group), AutoDeployment(False))
        failures += await take_back_and_delete(seen, ports, group)
        if failures:
            break
        await ports.stack_sets.delete(seen.desired.stack_set_name)
    return failures


async def finish_in(seen: Seen, ports: Ports, stack_set: StackSet, entries: Sequence[Entry]) -> tuple[Failure, ...]:
    """With a stack set that stays: those that fit its template and its units, so that it gets no new target."""
    over = {entry.account: _over(seen, entry.account, stack_set.unit_ids) for entry in entries}
    fitting = [
        entry
        for entry in entries
        if template.same_effect(entry.template, stack_set.content.template)
        and (over[entry.account] or not stack_set.service_managed)
    ]
    told = (
        "the stack set has another template or no unit over the account: `rolecall destroy` of everything finishes it"
    )
    misfits = [Failure(found.account, f"stack {found.stack_id}", told) for found in entries if found not in fitting]
    return (*misfits, *await take_back_and_delete(seen, ports, fitting))


async def take_back_and_delete(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> tuple[Failure, ...]:
    """Into the stack set that is there, whose resources must be theirs."""
    failures: list[Failure] = []
    for some in _batches(entries):
        failures += await _finish_some(seen, ports, some)
    return tuple(failures)


async def _finish_some(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> list[Failure]:
    told, gone = await _take_back(seen, ports, entries)
    accounts = sorted({entry.account for entry in entries})
    there = await _instances(seen, ports, accounts)
    refused = [found.account for found in there if found.status is InstanceStatus.INOPERABLE]
    taken = [found.account for found in there if found.status is not InstanceStatus.INOPERABLE]
    failures = [*told]
    for some, retain in ((refused, True), (taken, False)):
        if some:
            failures += await delete_instances(seen, ports, some, retain_stacks=retain)
    left = {found.account for found in await _instances(seen, ports, accounts)}
    deleted = [entry for entry in entries if entry.account in taken and entry.account not in left]
    await keep(ports, lambda known: without(known, [*gone, *deleted]))
    return failures


async def _take_back(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> tuple[list[Failure], list[Entry]]:
    """What failed, and the entries whose stacks are not there any more.

    Where one of several stacks is gone AWS refuses the whole call: then one by one.
    """
    try:
        failures = await _imported(seen, ports, entries)
    except AwsError as error:
        if error.code != "StackNotFoundException":
            raise
        if len(entries) == 1:
            return [], [*entries]
        singly = [await _take_back(seen, ports, [entry]) for entry in entries]
        return [found for some, _ in singly for found in some], [entry for _, some in singly for entry in some]
    missing = {failure.account for failure in failures if stack_is_gone(failure.reason)}
    told = [failure for failure in failures if failure.account not in missing]
    return told, [entry for entry in entries if entry.account in missing]


async def _imported(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> tuple[Failure, ...]:
    name, stack_ids = seen.desired.stack_set_name, [entry.stack_id for entry in entries]
    current = await ports.stack_sets.describe(name)
    units = _units(seen, entries, current.unit_ids if current else ()) if seen.desired.service_managed else ()
    token = operation_id(seen.plan, current.arn if current else "", f"import {stack_ids}")

    async def start() -> str:
        return await ports.stack_sets.import_stacks(name, stack_ids=stack_ids, unit_ids=units, operation_id=token)

    return await run_operation(ports, name, start, "Taking left stacks back")


def _units(seen: Seen, entries: Sequence[Entry], known: Sequence[UnitId]) -> Sequence[UnitId]:
    """The stack set's own units over the accounts; of a new one, which has none, the roots."""
    accounts = [entry.account for entry in entries]
    return sorted({unit for account in accounts for unit in _over(seen, account, known)}) or roots_of(
        seen.desired, accounts
    )


def _over(seen: Seen, account: AccountId, units: Sequence[UnitId]) -> set[UnitId]:
    return set(seen.desired.accounts[account].account.unit_ids) & set(units)


async def _instances(seen: Seen, ports: Ports, accounts: Sequence[AccountId]) -> list[StackInstance]:
    there = await listed(ports.stack_sets.instances(seen.desired.stack_set_name))
    return [found for found in there if found.account in accounts]


def _content(seen: Seen, text: str, entries: Sequence[Entry]) -> StackContent:
    """The values do not matter to a stack that is only deleted; AWS wants one for each parameter."""
    given, declared = seen.desired.content.parameters, template.parameters_in(text)
    own = {**given, "RoleName": entries[0].role_arn.name}
    parameters = {name: own.get(name, "of-a-stack-to-be-deleted") for name in declared}
    return StackContent(text, parameters, seen.desired.content.tags)


def _by_template(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.template].append(entry)
    return found


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    for start in range(0, len(entries), MAX_IMPORTED):
        yield entries[start : start + MAX_IMPORTED]
