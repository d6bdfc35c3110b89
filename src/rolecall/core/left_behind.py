"""What a change leaves behind, as entries of the ledger, and which of them are no longer left. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from rolecall.core import template
from rolecall.core.desired import Desired
from rolecall.core.diff import in_flight
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.ledger import Entry, Why, without
from rolecall.core.observed import Observed, Registration, StackContent, StackInstance, StackSet


def left_behind(
    desired: Desired, observed: Observed, accounts: Collection[AccountId], now: datetime
) -> tuple[Entry, ...]:
    """The entries of these accounts' instances, whose stacks are to be retained.

    An instance without a stack id never had one: StackSets passed over an account that slept all the time.
    """
    stack_set = observed.stack_set
    if stack_set is None:
        return ()
    wanted, roles = frozenset(accounts), roles_of(desired, stack_set.content)
    return tuple(
        _entry(desired, stack_set, instance, roles(instance.account), now)
        for instance in observed.instances
        if instance.account in wanted and instance.stack_id
    )


def let_go_by_aws(desired: Desired, observed: Observed) -> list[AccountId]:
    """Accounts that are no targets and may have kept the role when they left: auto-deployment retains stacks."""
    stack_set = observed.stack_set
    if stack_set is None or not stack_set.auto_deployment.retain_on_removal:
        return []
    return [account for account in unlisted(desired, observed) if not desired.accounts[account].is_target]


def unlisted(desired: Desired, observed: Observed) -> list[AccountId]:
    """Active members of which neither the stack set nor the ledger knows: what is there was let go of by somebody."""
    return [account for account in _in_no_list(desired, observed) if desired.accounts[account].account.active]


def asleep(desired: Desired, observed: Observed) -> list[AccountId]:
    """Members in no list either, into which nobody gets to ask: suspended or being closed."""
    return [account for account in _in_no_list(desired, observed) if not desired.accounts[account].account.active]


def _in_no_list(desired: Desired, observed: Observed) -> list[AccountId]:
    known = {found.account for found in observed.instances}
    known |= {entry.account for entry in of_stack_set(desired, observed.ledger)}
    known.add(desired.organization.management_account)
    return [account for account in desired.accounts if account not in known]


def without_stack(
    desired: Desired, stack_set: StackSet, accounts: Iterable[AccountId], now: datetime
) -> tuple[Entry, ...]:
    """Entries of roles that answer in these accounts, though no list has their stacks."""
    roles = roles_of(desired, stack_set.content)
    return tuple(
        Entry(
            account=account,
            name=desired.accounts[account].account.name,
            stack_set=stack_set.name,
            region=desired.region,
            stack_id="",
            role_arn=roles(account),
            why=Why.RETAINED,
            since=now,
            last_seen=now,
        )
        for account in accounts
    )


def with_departed(desired: Desired, registrations: Iterable[Registration], now: datetime) -> tuple[Entry, ...]:
    """Closed entries of roles that still answer in accounts that left the organization, by their registrations."""
    return tuple(
        Entry(
            account=found.account,
            name=found.account_name,
            stack_set=desired.stack_set_name,
            region=desired.region,
            stack_id="",
            role_arn=found.role,
            why=Why.DEPARTED,
            since=now,
            last_seen=now,
            closed=OUT_OF_REACH,
        )
        for found in registrations
        if found.account and found.role
    )


def kept_stacks(desired: Desired, entries: Iterable[Entry]) -> dict[AccountId, str]:
    """The stacks of our stack set that can be taken into it again: account -> stack id."""
    name, region = desired.stack_set_name, desired.region
    return {
        entry.account: entry.stack_id
        for entry in entries
        if entry.is_open and entry.stack_id and (entry.stack_set, entry.region) == (name, region)
    }


def listed_again(desired: Desired, observed: Observed, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those whose stack is in the stack set's list: it was never let go of, or was taken in again.

    One that an operation works on may be let go of in a moment.
    """
    there = {(found.account, found.region): found for found in observed.instances if not in_flight(found)}
    return tuple(
        entry
        for entry in of_stack_set(desired, entries)
        if (found := there.get((entry.account, entry.region)))
        and (found.stack_id == entry.stack_id or not entry.stack_id)
    )


def looked_at(desired: Desired, observed: Observed, entries: Iterable[Entry], now: datetime) -> tuple[Entry, ...]:
    """The ledger after a look: without what is listed again, and closed where the account is out of reach."""
    known = tuple(entries)
    return tuple(_looked_at(desired, entry, now) for entry in without(known, listed_again(desired, observed, known)))


def _looked_at(desired: Desired, entry: Entry, now: datetime) -> Entry:
    if entry.account in desired.accounts:
        return replace(entry, closed="", last_seen=now)
    return entry if entry.closed else replace(entry, closed=OUT_OF_REACH)


OUT_OF_REACH = "the account is not in the organization any more: its owner can delete the stack, nobody here can"


def of_stack_set(desired: Desired, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those of this deployment: another name or Region is another one."""
    ours = (desired.stack_set_name, desired.region)
    return tuple(entry for entry in entries if (entry.stack_set, entry.region) == ours)


def roles_of(desired: Desired, content: StackContent) -> Callable[[AccountId], RoleArn]:
    """Each account's role as a stack or stack set has it, whatever the config says by now.

    Of a template that gives it no name, those that the config names by a file.
    """
    if desired.existing and "RoleName" not in content.parameters:
        known = desired.existing
        return lambda account: known.get(account) or _named(desired, content)(account)
    return _named(desired, content)


def _named(desired: Desired, content: StackContent) -> Callable[[AccountId], RoleArn]:
    partition = desired.organization.identity.partition
    path = template.path_in(content.template) or "/"
    name = content.parameters.get("RoleName") or desired.role_name
    return lambda account: RoleArn(partition, account, path, name)


def _entry(desired: Desired, stack_set: StackSet, instance: StackInstance, role: RoleArn, now: datetime) -> Entry:
    account = desired.accounts.get(instance.account)
    return Entry(
        account=instance.account,
        name=account.account.name if account else "",
        stack_set=stack_set.name,
        region=instance.region,
        stack_id=instance.stack_id,
        role_arn=role,
        why=_why(desired, instance),
        since=now,
        last_seen=now,
        template=stack_set.content.template,
    )


def _why(desired: Desired, instance: StackInstance) -> Why:
    account = desired.accounts.get(instance.account)
    if account is None:
        return Why.DEPARTED
    return Why.INOPERABLE if account.account.active else Why.INACTIVE
