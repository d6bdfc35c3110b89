"""Instances whose stack was changed by hand: their policies written anew, or the stack as a whole.

See docs/adr/0016-repair.md.
"""

from __future__ import annotations

import hashlib

from rolecall.core.plan import Action
from rolecall.core.report import Failure
from rolecall.core.template import REVISION, REVISION_CHARACTERS
from rolecall.flows.deploying.arriving import create_instances
from rolecall.flows.deploying.leaving import delete_instances
from rolecall.flows.deploying.tokens import accounts_in, stack_set_arn
from rolecall.flows.deploying.updating import update_instances
from rolecall.flows.look import Seen
from rolecall.ports import Ports


async def rewritten_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    """The role answers all the while. The revision stays with the instance, until it is given another."""
    accounts = accounts_in(seen.plan.of(Action.REWRITE_INSTANCE))
    if not accounts:
        return ()
    overrides = {REVISION: revision(seen, await stack_set_arn(seen, ports))}
    return await update_instances(seen, ports, accounts, overrides, "Rewriting policies that were changed by hand")


def revision(seen: Seen, arn: str) -> str:
    """Another one for each plan that follows a change: the plan's fingerprint holds the last operation."""
    return hashlib.sha256(f"{seen.plan.fingerprint} {arn}".encode()).hexdigest()[:REVISION_CHARACTERS]


async def recreated_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    """Deleted, then made anew: between the two the role is away. A run that ends there leaves one to be made."""
    accounts = accounts_in(seen.plan.of(Action.RECREATE_INSTANCE))
    if not accounts:
        return ()
    failures = await delete_instances(seen, ports, accounts, retain_stacks=False)
    failed = {failure.account for failure in failures}
    gone = [account for account in accounts if account not in failed]
    return failures + (await create_instances(seen, ports, gone, "Making roles anew") if gone else ())
