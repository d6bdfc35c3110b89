"""Auto-deployment: what follows when an account joins, moves or leaves. Submits operations to the runner.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html and,
for moves between targets, `QUEUED` on
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html

AWS documents neither a move between units of one targeted unit (here nothing happens), nor the stack of an account that
leaves the organization (here its instance is removed, its stack only where StackSets could still reach it), nor what
becomes of a stack set whose dependency failed (here its operation fails).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rolecall.sandbox.stacksets import dependencies, requests
from rolecall.sandbox.stacksets.deployer import Deployer
from rolecall.sandbox.stacksets.model import Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.create_instances import CreateInstances
from rolecall.sandbox.stacksets.operations.delete_instances import DeleteInstances
from rolecall.sandbox.stacksets.runner import Runner

if TYPE_CHECKING:
    from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one stack set does about one account. `joining` are the Regions in which it gets a stack.

    `covering` leads from Regions to the targeted units that hold the account now, the innermost last.
    """

    stack_set: StackSet
    covering: Mapping[str, Sequence[str]]
    joining: Sequence[str]
    leaving: Collection[Target]
    retain_stacks: bool


class AutoDeployment:
    """Listens to the organization. `stack_sets` tells all that there are."""

    def __init__(
        self, world: World, runner: Runner, deployer: Deployer, stack_sets: Callable[[], Sequence[StackSet]]
    ) -> None:
        self._world = world
        self._runner = runner
        self._deployer = deployer
        self._stack_sets = stack_sets

    def account_changed(self, account_id: str, old_parent: str | None, new_parent: str | None) -> None:  # noqa: ARG002
        """Stacks leave the account before others come, those that others depend on first."""
        if not self._world.trusted_access or account_id == self._world.management_account():
            return
        automatic = [entry for entry in self._stack_sets() if entry.auto_deployment.enabled and not entry.deleted]
        due = [self._reaction(entry, account_id, old_parent) for entry in automatic]
        for reaction in due:
            _rename_units(reaction, account_id)
        deletions = [self._remove(reaction) for reaction in due if reaction.leaving]
        creations: dict[str, Operation] = {}
        joining = {reaction.stack_set.arn: reaction for reaction in due if reaction.joining}
        for arn in dependencies.first({arn: _needs(reaction) for arn, reaction in joining.items()}):
            needs = [creations[other] for other in _needs(joining[arn]) if other in creations]
            creations[arn] = self._deploy(joining[arn], account_id, deletions, needs)

    def _reaction(self, stack_set: StackSet, account_id: str, old_parent: str | None) -> Reaction:
        organization, account = self._world.organization, self._world.account(account_id)
        now = stack_set.covering(account.unit_path) if account is not None else {}
        before = stack_set.covering(organization.path_of(old_parent)) if old_parent is not None else {}
        changed = {region for region in {*now, *before} if not _common(now.get(region), before.get(region))}
        instances = stack_set.instances_of(account_id)
        leaving = {region: entry for region, entry in instances.items() if account is None or region in before}
        leaving = {region: entry for region, entry in leaving.items() if account is None or region in changed}
        doomed = self._runner.targets(stack_set, "DELETE")
        missing = {region for region in now if region not in instances or Target(account_id, region) in doomed}
        joining = [region for region in now if region in changed and (region in missing or region in leaving)]
        retain = stack_set.auto_deployment.retain_stacks_on_account_removal or account is None
        return Reaction(stack_set, now, joining, {entry.target for entry in leaving.values()}, retain)

    def _remove(self, reaction: Reaction) -> Operation:
        stack_set, leaving = reaction.stack_set, reaction.leaving
        operation = requests.operation_of_ours(self._world, "DELETE", retain_stacks=reaction.retain_stacks)
        kind = DeleteInstances(
            stack_set,
            self._deployer,
            self._world,
            lambda: [instance for target, instance in stack_set.instances.items() if target in leaving],
            retain_stacks=reaction.retain_stacks,
        )
        self._runner.submit(stack_set, operation, kind, queue=True)
        return operation

    def _deploy(
        self, reaction: Reaction, account_id: str, after: Sequence[Operation], needs: Sequence[Operation]
    ) -> Operation:
        """An account that has left again by the time its turn comes is passed over."""
        stack_set = reaction.stack_set

        def wanted() -> Mapping[Target, str | None]:
            account = self._world.account(account_id)
            covering = stack_set.covering(account.unit_path) if account is not None else {}
            return {
                Target(account_id, region): units[-1]
                for region, units in covering.items()
                if region in reaction.joining
            }

        operation = requests.operation_of_ours(self._world, "CREATE")
        kind = CreateInstances(stack_set, self._deployer, self._world, wanted)
        self._runner.submit(stack_set, operation, kind, queue=True, after=after, needs=needs)
        return operation


def _needs(reaction: Reaction) -> Sequence[str]:
    return reaction.stack_set.auto_deployment.depends_on


def _common(now: Sequence[str] | None, before: Sequence[str] | None) -> bool:
    """Whether one targeted unit covered the account before and does so still."""
    return not set(now or ()).isdisjoint(before or ())


def _rename_units(reaction: Reaction, account_id: str) -> None:
    """Instances that stay belong to the innermost targeted unit that holds their account."""
    for region, entry in reaction.stack_set.instances_of(account_id).items():
        if region in reaction.covering:
            entry.unit_id = reaction.covering[region][-1]
