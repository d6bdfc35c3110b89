"""One look at everything, and the plan that follows from it. Only describes and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rolecall.core.breaker import Breaker, breaker
from rolecall.core.config import Config
from rolecall.core.desired import Desired, desire
from rolecall.core.diff import adopted_by, diff
from rolecall.core.existing import with_existing
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Entry, without
from rolecall.core.left_behind import kept_stacks, listed_again
from rolecall.core.notes import notes
from rolecall.core.observed import Observed, StackContent
from rolecall.core.plan import Plan, make_plan
from rolecall.core.preflight import Finding, blocks
from rolecall.core.renaming import settled
from rolecall.core.roll import Proof
from rolecall.core.template.inputs import EXTERNAL_ID, MASKED
from rolecall.core.verdicts import Row, rows
from rolecall.errors import ConfigError
from rolecall.flows.drift import with_drift
from rolecall.flows.observe import observe
from rolecall.flows.preflight import find
from rolecall.flows.targeting import check_credentials, find_targets
from rolecall.flows.together import together
from rolecall.ports import Ports


@dataclass(frozen=True)
class Seen:
    """What a look found: what should be, what is, and the plan between them."""

    config: Config
    desired: Desired
    observed: Observed
    plan: Plan
    platforms_asked: bool = True
    ledger_refused: ConfigError | None = None
    """Why the ledger could not be read. Who only looks is told; nothing may be left behind then."""
    findings: tuple[Finding, ...] = ()
    """What preflight found; nothing where it was not asked."""

    @cached_property
    def breaker(self) -> Breaker:
        limit = self.config.deployment.removal_limit_percent
        return breaker(self.desired, self.observed, self.plan.changes, limit)

    @property
    def names(self) -> Mapping[AccountId, str]:
        return {account.id: account.account.name for account in self.desired.accounts.values()}

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence each."""
        refused = [f"{self.ledger_refused.summary}: {self.ledger_refused.hint}"] if self.ledger_refused else []
        return (*notes(self.desired, self.observed), *refused)

    def external_id(self, content: StackContent) -> str | None:
        """What a role of this content is asked with: its own, or the config's where somebody else made the template."""
        role, own = self.config.role, content.parameters.get(EXTERNAL_ID)
        return own if own and own != MASKED else (role.external_id if role.asks_external_id else None)

    def rows(self, proofs: Mapping[AccountId, Proof] | None = None) -> tuple[Row, ...]:
        """One row an account; `proofs` are the roll call's, as far as it was called."""
        return rows(self.desired, self.observed, self.plan.changes, proofs or {}, platforms_asked=self.platforms_asked)


async def look(
    config: Config,
    ports: Ports,
    *,
    platforms: bool = True,
    retry_blocked: bool = False,
    preflight: bool = True,
    drift: bool = False,
) -> Seen:
    """`platforms` false: nothing is asked of them, and nothing is said of registrations.

    `preflight` finds out what would go wrong, and blocks what cannot succeed unless `retry_blocked`. With `drift`
    StackSets look into every account for what was changed by hand, which is an operation of its own.
    """
    ports.progress.begin("Looking at the organization", None)
    try:
        # Both are lists of minutes where there are ten thousand accounts.
        desired, observed = await together(
            _desired(config, ports),
            observe(
                ports,
                config.stack_set_name,
                platforms=platforms,
                trusted_access=config.deployment.service_managed,
            ),
        )
        asked, desired = desired, settled(config, desired, observed)
        entries, refused = await _ledger(ports)
        left = without(entries, listed_again(desired, observed, entries))
        observed = replace(observed, ledger=left, stack_set=adopted_by(desired, observed.stack_set))
    finally:
        ports.progress.end()
    observed = replace(observed, kept=kept_stacks(desired, entries))
    desired = with_existing(desired, observed)
    if drift:
        observed = await with_drift(desired, observed, ports)
    changes = diff(desired, observed, retry_blocked=retry_blocked, platforms_asked=platforms)
    found = await find(config, ports, desired, observed, changes) if preflight else ()
    if (held := blocks(found)) and not retry_blocked:
        changes = diff(desired, observed, platforms_asked=platforms, held=held)
    return Seen(config, desired, observed, make_plan(asked, observed, changes), platforms, refused, found)


async def _desired(config: Config, ports: Ports) -> Desired:
    desired = desire(config, *await find_targets(config, ports))
    await check_credentials(config, desired, ports)
    return desired


async def _ledger(ports: Ports) -> tuple[tuple[Entry, ...], ConfigError | None]:
    """Nothing of one that is broken, and why: whoever only looks must not be kept from it."""
    try:
        return await ports.ledger.read(), None
    except ConfigError as error:
        return (), error
