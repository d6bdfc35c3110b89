"""Single instances, brought to the stack set's content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rolecall.core.ids import AccountId
from rolecall.core.observed import DeploymentTargets
from rolecall.core.reaching import existing
from rolecall.core.report import Failure
from rolecall.flows.deploying.tokens import operation_id, stack_set_arn
from rolecall.flows.look import Seen
from rolecall.flows.running import run_operation
from rolecall.ports import Ports


async def update_instances(
    seen: Seen, ports: Ports, accounts: Sequence[AccountId], overrides: Mapping[str, str], title: str
) -> tuple[Failure, ...]:
    """The stack set's content once more, with `overrides` and no others."""
    failures: list[Failure] = []
    name, region = seen.desired.stack_set_name, seen.desired.region
    for targets in existing(seen.desired, seen.observed, accounts):
        token = operation_id(seen.plan, await stack_set_arn(seen, ports), f"update {dict(overrides)} {targets}")

        async def update(targets: DeploymentTargets = targets, token: str = token) -> str:
            return await ports.stack_sets.update_instances(
                name, targets=targets, region=region, overrides=overrides, operation_id=token
            )

        failures += await run_operation(ports, name, update, title)
    return tuple(failures)
