"""Takes everything out again, in the order in which the platform never holds a role that is gone.

Registrations, stack instances, stack set, management stack; each only if it is ours, and each looked for afterwards:
registrations are read again, the lists of AWS too, and the roles are asked whether they still answer. What cannot be
taken out goes into the ledger before it is let go of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rolecall.core.config import Config
from rolecall.core.diff import is_managed, is_our_stack_set
from rolecall.core.gone import Farewell, still_answering
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.ledger import Entry
from rolecall.core.left_behind import asleep, unlisted
from rolecall.core.observed import StackInstance
from rolecall.core.plan import Action, Change
from rolecall.core.reasons import concise
from rolecall.core.registrations import name_of
from rolecall.core.removals import Only, finishable, instances_to_go, removals
from rolecall.core.report import Failure
from rolecall.errors import AwsError, CredentialsError, PlatformError
from rolecall.flows.apply import look_again
from rolecall.flows.deploying import delete_instances, empty_units
from rolecall.flows.farewell import Parting, ask_before
from rolecall.flows.finishing import finish
from rolecall.flows.ledger import hold_against
from rolecall.flows.look import Seen, look
from rolecall.flows.observe import listed
from rolecall.flows.offboarding import farewells, keep_what_was_let_go, partings
from rolecall.flows.operations import settle, wait_for_stack
from rolecall.flows.registering import change_registrations
from rolecall.ports import Ports

_ASLEEP = "the account is not active, so that nobody gets in"


@dataclass(frozen=True)
class Destroyed:
    """What destroy did and what failed; `left` is what a look afterwards still found of ours.

    `ledger` is what stays behind for now, and `farewells` are what the roles say since. `unasked` are accounts in which
    a role may be that no list has and that nobody could ask, with why.
    """

    changes: tuple[Change, ...]
    failures: tuple[Failure, ...]
    left: tuple[Change, ...]
    seen: Seen
    ledger: tuple[Entry, ...] = ()
    farewells: tuple[Farewell, ...] = ()
    unasked: Mapping[AccountId, str] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether nothing is left that could be taken out: an account that cannot be reached fails no run."""
        return not (self.failures or self.left)


async def settled_look(config: Config, ports: Ports, *, platforms: bool = True) -> Seen:
    """A look at a stack set on which nobody works: an operation that runs, whoever began it, is waited for."""
    seen = await look(config, ports, platforms=platforms, preflight=False)
    stack_set = seen.observed.stack_set
    if stack_set is None or not is_our_stack_set(stack_set):
        return seen
    if not await settle(ports, stack_set.name):
        return seen
    return await look(config, ports, platforms=platforms, preflight=False)


async def destroy(seen: Seen, ports: Ports, only: Only = None) -> Destroyed:
    """Does `removals`. What could not be taken out is in `left`; running it again goes on with that.

    Raises ConfigError, before anything is changed, where the ledger cannot be read.
    """
    if seen.ledger_refused:
        raise seen.ledger_refused
    unasked = await _ask_the_unlisted(seen, ports, only)
    await hold_against(seen, ports)  # what a killed run wrote and did not let go of may be deleted now
    changes = removals(seen.desired, seen.observed, only)
    asked = await ask_before(roles_to_go(seen, only), ports)
    failures = await _deregister(seen, ports, changes, only)
    for step in (_instances, _stack_set, _management_stack):
        if not failures:
            failures += await _attempted(step(seen, ports, only))
    failures += await _attempted(_left_stacks(seen, ports, only))
    after = await look_again(seen, ports, failures, preflight=False)
    goodbyes = await farewells(after, ports, asked)
    entries = await hold_against(after, ports)
    after = replace(after, observed=replace(after.observed, ledger=entries))
    failures += still_answering(goodbyes)
    left = removals(after.desired, after.observed, only)
    return Destroyed(changes, tuple(failures), left, after, entries, goodbyes, unasked)


async def _ask_the_unlisted(seen: Seen, ports: Ports, only: Only) -> dict[AccountId, str]:
    """Where a role would be left that nobody knows of: after this run no stack set leads to its name."""
    unasked = await keep_what_was_let_go(seen, ports, _meant(unlisted(seen.desired, seen.observed), only))
    if seen.observed.stack_set is None or not is_our_stack_set(seen.observed.stack_set):
        return unasked
    return unasked | dict.fromkeys(_meant(asleep(seen.desired, seen.observed), only), _ASLEEP)


def _meant(accounts: Sequence[AccountId], only: Only) -> list[AccountId]:
    return [account for account in accounts if only is None or account in only]


async def _deregister(seen: Seen, ports: Ports, changes: Sequence[Change], only: Only) -> list[Failure]:
    """The platforms are read again: a registration that is still there would be of a role that is gone."""
    leaving = [change for change in changes if change.action is Action.DEREGISTER]
    failures = await change_registrations(seen, ports, leaving, {})
    if failures or not leaving:
        return failures
    try:
        there = [found for platform in ports.platforms for found in await listed(platform.registrations())]
    except PlatformError as error:
        return [Failure(None, "platform", f"{error.summary}: {error.detail}")]
    still = removals(seen.desired, replace(seen.observed, registrations=tuple(there)), only)
    return [
        Failure(change.account, change.subject, f"still registered there as {name_of(change)}")
        for change in still
        if change.action is Action.DEREGISTER
    ]


async def _instances(seen: Seen, ports: Ports, only: Only) -> list[Failure]:
    """First those that can only be let go of, so that they do not become INOPERABLE, then the rest."""
    failures: list[Failure] = []
    for region in sorted({found.region for found in seen.observed.instances}):
        failures += await _instances_in(_in_region(seen, region), ports, only)
    return failures


async def _instances_in(seen: Seen, ports: Ports, only: Only) -> list[Failure]:
    going = instances_to_go(seen.desired, seen.observed, only)
    failures: list[Failure] = []
    if going.out_of_reach:
        failures += await _let_go(seen, ports, going.out_of_reach)
    reached = (*going.given_up, *going.others)
    failures += await (_whole_units(seen, ports, reached) if only is None else _delete(seen, ports, reached))
    still = await _still_there(seen, ports, going.given_up)
    if still:
        told = {failure.account for failure in failures} - {found.account for found in still}
        failures = [failure for failure in failures if failure.account in told]
        failures += await _let_go(seen, ports, still)
    return failures


async def _whole_units(seen: Seen, ports: Ports, instances: Sequence[StackInstance]) -> list[Failure]:
    """By name only those of accounts that were moved away from under the stack set's units."""
    stack_set = seen.observed.stack_set
    if not instances or stack_set is None:
        return []
    over = {unit for found in instances for unit in seen.desired.accounts[found.account].account.unit_ids}
    units = [unit for unit in stack_set.unit_ids if unit in over]
    strays = [found for found in instances if not _is_under(seen, found.account, units)]
    return [*await _delete(seen, ports, strays), *await empty_units(seen, ports, units)]


async def _delete(seen: Seen, ports: Ports, instances: Sequence[StackInstance]) -> list[Failure]:
    accounts = sorted({found.account for found in instances})
    return [*await delete_instances(seen, ports, accounts, retain_stacks=False)] if accounts else []


async def _let_go(seen: Seen, ports: Ports, instances: Sequence[StackInstance]) -> list[Failure]:
    """Accounts out of the organization through the units by which the stack set came to them."""
    accounts = sorted({found.account for found in instances})
    units = sorted(
        {found.unit_id for found in instances if found.unit_id and found.account not in seen.desired.accounts}
    )
    return [*await delete_instances(seen, ports, accounts, units=units, retain_stacks=True)]


async def _still_there(seen: Seen, ports: Ports, instances: Sequence[StackInstance]) -> list[StackInstance]:
    if not instances:
        return []
    accounts = {found.account for found in instances}
    there = await listed(ports.stack_sets.instances(seen.desired.stack_set_name))
    return [found for found in there if found.account in accounts and found.region == seen.desired.region]


async def _stack_set(seen: Seen, ports: Ports, only: Only) -> list[Failure]:
    """Only an empty one can be deleted."""
    stack_set = seen.observed.stack_set
    if stack_set is not None and is_our_stack_set(stack_set) and only is None:
        if left := await listed(ports.stack_sets.instances(stack_set.name)):
            return [_stuck(seen, stack_set.name, found) for found in left]
        await ports.stack_sets.delete(stack_set.name)
        if await ports.stack_sets.describe(stack_set.name):
            return [Failure(None, f"stack set {stack_set.name}", "AWS took its deletion, and it is still there")]
    return []


async def _left_stacks(seen: Seen, ports: Ports, only: Only) -> list[Failure]:
    return [*await finish(seen, ports, finishable(seen.desired, seen.observed.ledger, only))]


async def _management_stack(seen: Seen, ports: Ports, only: Only) -> list[Failure]:
    stack, account = seen.observed.management_stack, seen.desired.organization.management_account
    if stack is None or not is_managed(stack.content) or (only is not None and account not in only):
        return []
    await ports.stacks.delete(stack.name)
    left = await wait_for_stack(ports, stack.name)
    if left is None:
        return []
    mend = "take away what holds it, which its events name, then run destroy again"
    return [Failure(account, f"stack {stack.name}", f"{left.status}: {left.reason}; {mend}")]


def roles_to_go(seen: Seen, only: Only) -> list[Parting]:
    """The roles whose stacks are to be deleted; those that can only be let go of stay."""
    going = instances_to_go(seen.desired, seen.observed, only)
    stack_set, stack = seen.observed.stack_set, seen.observed.management_stack
    found: list[Parting] = []
    if stack_set:
        accounts = {instance.account for instance in (*going.given_up, *going.others)}
        found += partings(seen, stack_set.content, sorted(accounts))
    external_id = seen.external_id(seen.desired.content)
    found += [Parting(entry.role_arn, external_id) for entry in finishable(seen.desired, seen.observed.ledger, only)]
    management = seen.desired.organization.management_account
    if stack and is_managed(stack.content) and (only is None or management in only):
        found += partings(seen, stack.content, [management])
    return found


async def _attempted(step: Awaitable[list[Failure]]) -> list[Failure]:
    """What AWS does not let begin is a failure like any other: what was done before is still reported."""
    try:
        return await step
    except CredentialsError:
        raise
    except AwsError as error:
        hint = f"; hint: {error.hint}" if error.hint else ""
        return [Failure(None, error.summary, concise(error.detail or error.code or "no answer") + hint)]


def _stuck(seen: Seen, stack_set: str, instance: StackInstance) -> Failure:
    reason = f"still there: {concise(instance.reason) or instance.status}"
    if instance.account not in seen.desired.accounts:
        reason += (
            "; the account is not in the organization, and StackSets reach instances through its units alone: "
            "have it join again for as long as it takes, or ask AWS Support to take the instance out"
        )
    return Failure(instance.account, f"stack instance of {stack_set}", reason)


def _in_region(seen: Seen, region: str) -> Seen:
    """As if that were the deployment's Region, with the instances that are there."""
    instances = tuple(found for found in seen.observed.instances if found.region == region)
    return replace(
        seen,
        desired=replace(seen.desired, region=region),
        observed=replace(seen.observed, instances=instances),
    )


def _is_under(seen: Seen, account: AccountId, units: Sequence[UnitId]) -> bool:
    return not set(seen.desired.accounts[account].account.unit_ids).isdisjoint(units)
