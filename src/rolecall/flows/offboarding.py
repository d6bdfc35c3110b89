"""Accounts that leave the deployment: whether their role is really gone, or why nobody knows. Calls AssumeRole only."""

from __future__ import annotations

from collections.abc import Sequence

from rolecall.core.diff import is_our_stack_set
from rolecall.core.gone import Farewell
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Entry, with_entries, without
from rolecall.core.left_behind import of_stack_set, roles_of, with_departed, without_stack
from rolecall.core.observed import StackContent
from rolecall.core.plan import Action
from rolecall.core.registrations import departed
from rolecall.flows.deploying import accounts_in
from rolecall.flows.farewell import Asked, Parting, ask_after, ask_before
from rolecall.flows.ledger import keep, now
from rolecall.flows.look import Seen
from rolecall.ports import Ports


def partings(seen: Seen, content: StackContent, accounts: Sequence[AccountId]) -> list[Parting]:
    """The roles of a stack or stack set in these accounts."""
    roles = roles_of(seen.desired, content)
    return [Parting(roles(account), seen.external_id(content)) for account in accounts]


def leaving(seen: Seen) -> list[Parting]:
    """The roles whose stacks the plan deletes."""
    stack_set, stack = seen.observed.stack_set, seen.observed.management_stack
    found = partings(seen, stack_set.content, accounts_in(seen.plan.of(Action.DELETE_INSTANCE))) if stack_set else []
    return found + (partings(seen, stack.content, accounts_in(seen.plan.of(Action.DELETE_STACK))) if stack else [])


async def farewells(after: Seen, ports: Ports, asked: Asked) -> tuple[Farewell, ...]:
    """Of the roles whose stacks are gone, by a look made since."""
    there = {found.account for found in after.observed.instances}
    there |= {entry.account for entry in after.observed.ledger}
    if after.observed.management_stack:
        there.add(after.desired.organization.management_account)
    return await ask_after(asked, ports, {found.account for found in asked.partings} - there)


async def keep_what_was_let_go(seen: Seen, ports: Ports, suspects: Sequence[AccountId]) -> dict[AccountId, str]:
    """Roles that AWS or somebody let go of, in the accounts under suspicion or outside the organization: in no list.

    Those that answer go into the ledger; one of it that nobody knows the stack of, and that is refused now, is gone.
    Returns the suspects that could not be asked: account -> why.
    """
    unasked = await _keep_answering(seen, ports, suspects)
    await _keep_departed(seen, ports)
    await _drop_refused(seen, ports)
    return unasked


async def _keep_answering(seen: Seen, ports: Ports, suspects: Sequence[AccountId]) -> dict[AccountId, str]:
    stack_set = seen.observed.stack_set
    if stack_set is None or not suspects or not is_our_stack_set(stack_set):
        return {}
    asked = await ask_before(partings(seen, stack_set.content, suspects), ports)
    found = [role.account for role in asked.known]
    entries = without_stack(seen.desired, stack_set, found, now(ports))
    await keep(ports, lambda known: with_entries(known, entries))
    return {role.account: why for role, why in asked.unanswered.items()}


async def _keep_departed(seen: Seen, ports: Ports) -> None:
    """Accounts that left the organization and are deregistered: nobody here can look into them but as the platform."""
    out = [name for name, meant in seen.desired.deregister_departed.items() if meant]
    there = departed(seen.desired, (found for found in seen.observed.registrations if found.platform in out))
    external_id = seen.external_id(seen.desired.content)
    asked = await ask_before([Parting(found.role, external_id) for found in there if found.role], ports)
    if asked.known:
        entries = with_departed(seen.desired, (found for found in there if found.role in asked.known), now(ports))
        await keep(ports, lambda known: with_entries(known, entries))


async def _drop_refused(seen: Seen, ports: Ports) -> None:
    doubtful = [entry for entry in of_stack_set(seen.desired, seen.observed.ledger) if not entry.stack_id]
    external_id = seen.external_id(seen.desired.content)
    asked = await ask_before([Parting(entry.role_arn, external_id) for entry in doubtful], ports)
    gone: list[Entry] = [entry for entry in doubtful if entry.role_arn in asked.refused]
    if gone:
        await keep(ports, lambda known: without(known, gone))
