"""Makes the changes of a plan: leavers out, stack set, instances, management stack, roll call, registrations.

Every step is idempotent and is planned from a fresh look, so that a run killed anywhere is finished by the next. What
fails is gathered: a step that cannot be made does not lose what the others did.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from rolecall.core.desired import Via
from rolecall.core.gone import Farewell, still_answering
from rolecall.core.ids import AccountId
from rolecall.core.left_behind import let_go_by_aws
from rolecall.core.plan import Action, Plan
from rolecall.core.report import Failure
from rolecall.core.roll import Access, Proof
from rolecall.core.unfinished import unfinished
from rolecall.core.verdicts import Deployment
from rolecall.errors import AwsError, CredentialsError, PlatformError
from rolecall.flows import deploying
from rolecall.flows.deploying import accounts_in
from rolecall.flows.farewell import ask_before
from rolecall.flows.ledger import hold_against
from rolecall.flows.look import Seen, look
from rolecall.flows.offboarding import farewells, keep_what_was_let_go, leaving
from rolecall.flows.operations import settle, wait_for_stack
from rolecall.flows.registering import change_registrations
from rolecall.flows.roll_call import call_all
from rolecall.ports import Ports

PROPAGATION = 60.0
"""Seconds for which a role just made may still be refused."""

_STEPS = (
    deploying.stack_set,
    deploying.leaving_instances,
    deploying.repaired_instances,
    deploying.arriving_instances,
    deploying.rewritten_instances,
    deploying.recreated_instances,
    deploying.management_stack,
)
_ARRIVALS = (
    Action.CREATE_INSTANCE,
    Action.RETRY_INSTANCE,
    Action.REPAIR_INSTANCE,
    Action.REWRITE_INSTANCE,
    Action.RECREATE_INSTANCE,
    Action.CREATE_STACK,
    Action.UPDATE_STACK,
    Action.REPLACE_STACK,
)


@dataclass(frozen=True)
class Applied:
    """What apply did: the plan that it followed, what failed, and the world after it."""

    plan: Plan
    failures: tuple[Failure, ...]
    seen: Seen
    proofs: Mapping[AccountId, Proof]
    goodbyes: tuple[Farewell, ...] = ()
    """Of the accounts that left."""

    @property
    def done(self) -> int:
        """How many of the plan's changes were made: those that neither failed nor are still to be made.

        Where the platforms could not be asked afterwards, none of theirs counts as made.
        """
        failed = {failure.account for failure in self.failures if failure.account}
        left = {(change.action, change.subject, change.account) for change in self.seen.plan.pending}
        return sum(
            change.account not in failed
            and (change.action, change.subject, change.account) not in left
            and (self.seen.platforms_asked or not change.action.on_platform)
            for change in self.plan.pending
        )

    @property
    def well(self) -> bool:
        """Whether nothing is left to do or to look into."""
        not_ready = any(proof.access is not Access.ANSWERING for proof in self.proofs.values())
        return not (self.failures or self.seen.plan.changes or not_ready)


async def settled_look(seen: Seen, ports: Ports, *, retry_blocked: bool = False, drift: bool = False) -> Seen:
    """The same look, or a new one when an operation on the stack set or the stack had first to end."""
    name, stack = seen.desired.stack_set_name, seen.observed.management_stack
    waited = seen.observed.stack_set is not None and await settle(ports, name)
    if stack is not None and stack.working:
        await wait_for_stack(ports, name)
        waited = True
    return await look(seen.config, ports, retry_blocked=retry_blocked, drift=drift) if waited else seen


async def apply(seen: Seen, ports: Ports, *, allow_removals: int | None = None) -> Applied:
    """Does `seen.plan`. A saved plan must have been held against it before, by `refuse_if_stale`.

    Raises, before anything is changed, RemovalsRefused for more removals than the breaker lets by or are allowed, and
    ConfigError for a ledger that cannot be read.
    """
    seen.breaker.check(allow_removals)
    if seen.ledger_refused:
        raise seen.ledger_refused
    await keep_what_was_let_go(seen, ports, let_go_by_aws(seen.desired, seen.observed))
    await hold_against(seen, ports, repairing=_in_repair(seen))
    asked = await ask_before(leaving(seen), ports)
    failures = await change_registrations(seen, ports, seen.plan.of(Action.DEREGISTER), {})
    failures += await _deploy(seen, ports)
    deployed = await look_again(seen, ports, failures) if seen.plan.pending else seen
    deployed, failures = await _reclaimed(seen, deployed, ports, failures)
    goodbyes = await farewells(deployed, ports, asked)
    failures += still_answering(goodbyes)
    there = {row.account.id for row in deployed.rows() if row.deployment is Deployment.DEPLOYED}
    proofs = await _prove(seen, deployed, ports, there)
    arriving = [
        change for change in deployed.plan.of(Action.REGISTER, Action.REPLACE_REGISTRATION) if change.account in there
    ]
    if arriving:
        failures += await change_registrations(deployed, ports, arriving, proofs)
        deployed = await look_again(seen, ports, failures)
    await hold_against(deployed, ports, repairing=_in_repair(deployed))
    failures += unfinished(seen.plan, deployed.plan, failures)
    return Applied(seen.plan, tuple(failures), deployed, proofs, goodbyes)


def _in_repair(seen: Seen) -> Set[AccountId]:
    return set(accounts_in(seen.plan.of(Action.REPAIR_INSTANCE)))


async def _reclaimed(seen: Seen, deployed: Seen, ports: Ports, failures: list[Failure]) -> tuple[Seen, list[Failure]]:
    """Where a role could not be made since a stack that was let go of has it: that stack comes back, in the same run.

    It may be of a run that ended between the two, or of somebody who let go of it by hand.
    """
    tried = set(accounts_in(seen.plan.of(Action.CREATE_INSTANCE, Action.RETRY_INSTANCE)))
    accounts = [account for account in accounts_in(deployed.plan.of(Action.REPAIR_INSTANCE)) if account in tried]
    if not accounts:
        return deployed, failures
    left = [failure for failure in failures if failure.account not in accounts]
    left += await deploying.repair(deployed, ports, accounts)
    return await look_again(seen, ports, left), left


async def look_again(seen: Seen, ports: Ports, failures: list[Failure], *, preflight: bool = True) -> Seen:
    """The world as it is now; where a platform no longer answers, what is deployed is told all the same."""
    return _without_former_drift(seen, await _look_again(seen, ports, failures, preflight))


async def _look_again(seen: Seen, ports: Ports, failures: list[Failure], preflight: bool) -> Seen:
    if not seen.platforms_asked:
        return await look(seen.config, ports, platforms=False, preflight=preflight)
    try:
        return await look(seen.config, ports, preflight=preflight)
    except PlatformError as error:
        failures.append(Failure(None, "platform", f"{error.summary}: {error.detail}"))
        return await look(seen.config, ports, platforms=False, preflight=preflight)


def _without_former_drift(seen: Seen, now: Seen) -> Seen:
    """What the detection before this apply found was mended by it, or failed, which is told elsewhere."""
    if seen.observed.drifts is None:
        return now
    return replace(now, observed=replace(now.observed, drifts=(), undetected=seen.observed.undetected))


async def _deploy(seen: Seen, ports: Ports) -> list[Failure]:
    """The steps one after another, up to one that AWS does not let begin."""
    failures: list[Failure] = []
    for step in _STEPS:
        try:
            failures += await step(seen, ports)
        except CredentialsError:
            raise
        except AwsError as error:
            hint = f"; hint: {error.hint}" if error.hint else ""
            failures.append(Failure(None, error.summary, (error.detail or error.code or "no answer") + hint))
            break
    return [failure for failure in failures if not _is_known(seen, failure)]


def _is_known(seen: Seen, failure: Failure) -> bool:
    """Whether StackSets only passed over a suspended account, or met again what the plan calls blocked."""
    account = seen.desired.accounts.get(failure.account) if failure.account else None
    blocked = {change.account for change in seen.plan.blocked}
    return account is not None and (not account.account.active or account.id in blocked)


async def _prove(seen: Seen, deployed: Seen, ports: Ports, there: Set[AccountId]) -> dict[AccountId, Proof]:
    """Calls the roll of the accounts that were just changed or are to be registered, where the role is `there`."""
    changed = any(not change.action.on_platform for change in seen.plan.pending)
    wanted = set(accounts_in(deployed.plan.of(Action.REGISTER, Action.REPLACE_REGISTRATION)))
    wanted |= set(accounts_in(seen.plan.of(*_ARRIVALS)))
    updated = {Via.STACK_SET} if seen.plan.of(Action.UPDATE_STACK_SET) else set()
    accounts = [
        account
        for account in deployed.desired.accounts.values()
        if account.id in there and (account.id in wanted or account.via in updated)
    ]
    if not accounts:
        return {}
    return await call_all(seen.config, ports, accounts, patience=PROPAGATION if changed else 0)
