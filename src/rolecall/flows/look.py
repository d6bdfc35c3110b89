"""One look at everything, and the plan that follows from it. Only describes and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rolecall.core.breaker import Breaker, breaker
from rolecall.core.config import Config
from rolecall.core.desired import Desired, desire
from rolecall.core.diff import diff
from rolecall.core.ids import AccountId
from rolecall.core.left_behind import kept_stacks
from rolecall.core.notes import notes
from rolecall.core.observed import Observed
from rolecall.core.plan import Plan, make_plan
from rolecall.core.roll import Proof
from rolecall.core.verdicts import Row, rows
from rolecall.errors import ConfigError
from rolecall.flows.drift import with_drift
from rolecall.flows.observe import observe
from rolecall.flows.targeting import check_credentials, find_targets
from rolecall.ports import Ports


@dataclass(frozen=True)
class Seen:
    """What a look found: what should be, what is, and the plan between them."""

    config: Config
    desired: Desired
    observed: Observed
    plan: Plan
    platforms_asked: bool = True

    @cached_property
    def breaker(self) -> Breaker:
        limit = self.config.deployment.removal_limit_percent
        return breaker(self.desired, self.observed, self.plan.changes, limit)

    @property
    def notes(self) -> tuple[str, ...]:
        return notes(self.desired, self.observed)

    def rows(self, proofs: Mapping[AccountId, Proof] | None = None) -> tuple[Row, ...]:
        """One row an account; `proofs` are the roll call's, as far as it was called."""
        return rows(self.desired, self.observed, self.plan.changes, proofs or {}, platforms_asked=self.platforms_asked)


async def look(
    config: Config, ports: Ports, *, platforms: bool = True, retry_blocked: bool = False, drift: bool = False
) -> Seen:
    """`platforms` false: nothing is asked of them, and nothing is said of registrations.

    With `drift` StackSets look into every account for what was changed by hand, which is an operation of its own.
    """
    ports.progress.begin("Looking at the organization", None)
    try:
        organization, unit_ids = await find_targets(config, ports)
        desired = desire(config, organization, unit_ids)
        await check_credentials(config, desired, ports)
        observed = await observe(
            ports, desired.stack_set_name, platforms=platforms, trusted_access=desired.service_managed
        )
    finally:
        ports.progress.end()
    observed = replace(observed, kept=await _kept(desired, ports))
    if drift:
        observed = await with_drift(desired, observed, ports)
    changes = diff(desired, observed, retry_blocked=retry_blocked, platforms_asked=platforms)
    return Seen(config, desired, observed, make_plan(desired, observed, changes), platforms)


async def _kept(desired: Desired, ports: Ports) -> dict[AccountId, str]:
    """The stacks that were let go of. A ledger that is broken stops whoever has to write it, and nobody who looks."""
    try:
        return kept_stacks(desired, await ports.ledger.read())
    except ConfigError:
        return {}
