"""Finishes what was left behind: stacks in accounts that live again are taken into a stack set, and deleted with it.

Only StackSets get into a member account. So a stack that was let go of is imported, which needs a stack set with the
same resources: the ledger keeps the template.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-import.html
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rolecall.core import template
from rolecall.core.diff import NOT_OURS, is_managed
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Entry, without
from rolecall.core.observed import AutoDeployment, InstanceStatus, StackContent, StackInstance
from rolecall.core.reaching import roots_of
from rolecall.core.reasons import stack_is_gone
from rolecall.core.report import Failure
from rolecall.errors import AwsError, CredentialsError
from rolecall.flows.deploying import delete_instances, operation_id, run_operation
from rolecall.flows.ledger import keep
from rolecall.flows.look import Seen
from rolecall.flows.observe import listed
from rolecall.flows.operations import settle
from rolecall.ports import Ports

MAX_IMPORTED = 10
"""Stacks an operation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ImportStacksToStackSet.html
"""

_LONGEST_NAME = 123
"""128 characters are the most that a stack set's name may have, less those of the ending."""


def own_name(stack_set: str) -> str:
    """Of the stack set that is made for it: the deployment's own may be in use, with other resources."""
    return f"{stack_set[:_LONGEST_NAME]}-left"


async def finish(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> tuple[Failure, ...]:
    """With a stack set that is made for it and deleted again. That of a killed run is emptied at first, and goes.

    Their entries are taken out of the ledger when their stacks are gone.
    """
    name = own_name(seen.desired.stack_set_name)
    there = await ports.stack_sets.describe(name)
    if there and not is_managed(there.content):
        return (Failure(None, f"stack set {name}", f"it is needed, and {NOT_OURS}"),) if entries else ()
    own = replace(
        seen,
        desired=replace(seen.desired, stack_set_name=name),
        observed=replace(seen.observed, stack_set=None, instances=()),
    )
    failures: list[Failure] = []
    if there:
        await settle(ports, name)
        failures += await _deleted(own, ports, entries)
        await ports.stack_sets.delete(name)
    for text, group in _alike(entries):
        await ports.stack_sets.create(name, _content(seen, text, group), AutoDeployment(False))
        for some in _batches(group):
            failures += await _finish_some(own, ports, some)
        await ports.stack_sets.delete(name)
    return tuple(failures)


async def _finish_some(own: Seen, ports: Ports, entries: Sequence[Entry]) -> list[Failure]:
    told, gone = await _take_back(own, ports, entries)
    await keep(ports, lambda known: without(known, gone))
    return told + await _deleted(own, ports, entries)


async def _deleted(own: Seen, ports: Ports, entries: Sequence[Entry]) -> list[Failure]:
    """All instances, with their stacks; those that StackSets could not take or delete are let go of again."""
    failures: list[Failure] = []
    there = await listed(ports.stack_sets.instances(own.desired.stack_set_name))
    if taken := _accounts(found for found in there if found.status is not InstanceStatus.INOPERABLE):
        failures += await delete_instances(own, ports, taken, retain_stacks=False)
    still = await listed(ports.stack_sets.instances(own.desired.stack_set_name))
    if still:
        await delete_instances(own, ports, _accounts(still), retain_stacks=True)
    left = {found.stack_id for found in still}
    gone = {found.stack_id for found in there if found.account in taken} - left
    await keep(ports, lambda known: without(known, [entry for entry in entries if entry.stack_id in gone]))
    return failures


def _accounts(instances: Iterable[StackInstance]) -> list[AccountId]:
    return sorted({found.account for found in instances})


async def _take_back(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> tuple[list[Failure], list[Entry]]:
    """What failed, and the entries whose stacks are not there any more.

    Where one of several stacks is gone AWS refuses the whole call: then one by one.
    """
    try:
        failures = await _imported(seen, ports, entries)
    except CredentialsError:
        raise
    except AwsError as error:
        if error.code != "StackNotFoundException":
            return [Failure(entry.account, f"stack {entry.stack_id}", _why(error)) for entry in entries], []
        if len(entries) == 1:
            return [], [*entries]
        singly = [await _take_back(seen, ports, [entry]) for entry in entries]
        return [found for some, _ in singly for found in some], [entry for _, some in singly for entry in some]
    missing = {failure.account for failure in failures if stack_is_gone(failure.reason)}
    told = [failure for failure in failures if failure.account not in missing]
    return told, [entry for entry in entries if entry.account in missing]


def _why(error: AwsError) -> str:
    return f"it is not taken into a stack set again, and stays in the ledger: {error.detail or error.summary}"


async def _imported(seen: Seen, ports: Ports, entries: Sequence[Entry]) -> tuple[Failure, ...]:
    name, stack_ids = seen.desired.stack_set_name, [entry.stack_id for entry in entries]
    current = await ports.stack_sets.describe(name)
    units = roots_of(seen.desired, [entry.account for entry in entries]) if seen.desired.service_managed else ()
    token = operation_id(seen.plan, current.arn if current else "", f"import {stack_ids}")

    async def start() -> str:
        return await ports.stack_sets.import_stacks(name, stack_ids=stack_ids, unit_ids=units, operation_id=token)

    return await run_operation(ports, name, start, "Taking left stacks back")


def _content(seen: Seen, text: str, entries: Sequence[Entry]) -> StackContent:
    """The values do not matter to a stack that is only deleted; AWS wants one for each parameter."""
    given, declared = seen.desired.content.parameters, template.parameters_in(text)
    own = {**given, "RoleName": entries[0].role_arn.name}
    parameters = {name: own.get(name, "of-a-stack-to-be-deleted") for name in declared}
    return StackContent(text, parameters, seen.desired.content.tags)


def _alike(entries: Sequence[Entry]) -> Iterator[tuple[str, Sequence[Entry]]]:
    """Those that one stack set can hold, with their template: it has one instance an account."""
    found: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    seen: Counter[tuple[str, AccountId]] = Counter()
    for entry in entries:
        key = (entry.template, entry.account)
        found[entry.template, seen[key]].append(entry)
        seen[key] += 1
    for (text, _), group in found.items():
        yield text, group


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    for start in range(0, len(entries), MAX_IMPORTED):
        yield entries[start : start + MAX_IMPORTED]
