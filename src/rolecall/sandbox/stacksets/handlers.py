"""CloudFormation's stack set operations, as handlers on the StackSets engine.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacksets import requests, targets
from rolecall.sandbox.stacksets.creation import Creation
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.lookup import Lookup
from rolecall.sandbox.stacksets.model import Instance, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import Overridden
from rolecall.sandbox.stacksets.submission import Submission
from rolecall.sandbox.wire import Call, Handler, Params, WireError


class StackSetHandlers:
    """The operations that change stack sets and their instances; `table` lists them under their API names."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._engine = engine
        self._world = engine.world
        self._lookup = Lookup(engine)
        self._submission = Submission(engine)

    def table(self) -> dict[str, Handler]:
        begin = self._submission.begin
        return {
            "CreateStackSet": Creation(self._engine).create,
            "UpdateStackSet": partial(begin, "UPDATE", self._update_stack_set),
            "DeleteStackSet": self.delete_stack_set,
            "CreateStackInstances": partial(begin, "CREATE", self._create_stack_instances),
            "UpdateStackInstances": partial(begin, "UPDATE", self._update_stack_instances),
            "DeleteStackInstances": partial(begin, "DELETE", self._delete_stack_instances),
            "StopStackSetOperation": self.stop_stack_set_operation,
        }

    def delete_stack_set(self, call: Call) -> Params:
        self._engine.delete(self._lookup.stack_set(call))
        return {}

    def stop_stack_set_operation(self, call: Call) -> Params:
        stack_set = self._lookup.stack_set(call)
        operation = self._lookup.operation(stack_set, call)
        if operation.status.ended:
            message = f"Operation {operation.id} is in {operation.status} state and cannot be stopped"
            raise WireError("InvalidOperationException", message)
        self._engine.stop(stack_set, operation)
        return {}

    def _update_stack_set(self, stack_set: StackSet, call: Call, operation: Operation) -> None:
        permissions = requests.permissions(call, stack_set)
        instances = self._updated_instances(stack_set, call)
        redefine = requests.redefinition(self._world, call, service_managed=permissions is None)
        auto = requests.auto_deployment(call.params) if "AutoDeployment" in call.params else stack_set.auto_deployment
        self._engine.check_dependencies(stack_set, auto.depends_on)
        managed = self._new_managed_execution(stack_set, call)
        all_outdated = requests.marks_all_outdated(call.params)
        self._engine.update_stack_set(stack_set, operation, redefine, instances, all_outdated=all_outdated)
        stack_set.auto_deployment, stack_set.managed_execution = auto, managed
        stack_set.permissions, stack_set.updated = permissions, True
        stack_set.description = call.params.get("Description", stack_set.description)

    def _create_stack_instances(self, stack_set: StackSet, call: Call, operation: Operation) -> None:
        selection = self._selection(stack_set, call, creating=True)
        regions = requests.regions(call.params)
        overridden = self._overridden(stack_set, call)
        self._engine.create_instances(
            stack_set, operation, lambda: selection.targets_in(self._world, regions), overridden
        )
        for unit_id in selection.unit_ids:
            stack_set.add_target(unit_id, regions)

    def _update_stack_instances(self, stack_set: StackSet, call: Call, operation: Operation) -> None:
        selection = self._selection(stack_set, call, creating=False)
        regions = requests.regions(call.params)
        _check_listed(stack_set, selection, regions)
        instances = self._selected(stack_set, selection, regions)
        self._engine.update_instances(stack_set, operation, instances, self._overridden(stack_set, call))

    def _delete_stack_instances(self, stack_set: StackSet, call: Call, operation: Operation) -> None:
        if "RetainStacks" not in call.params:
            raise invalid("RetainStacks must be specified")
        selection = self._selection(stack_set, call, creating=False)
        regions = requests.regions(call.params)
        whole_units = selection.unit_ids if selection.filter in ("NONE", "UNION") else ()
        self._engine.delete_instances(
            stack_set,
            operation,
            self._selected(stack_set, selection, regions),
            lambda: self._drop_targets(stack_set, whole_units, regions),
        )

    def _overridden(self, stack_set: StackSet, call: Call) -> Overridden:
        """An instance's overrides after the call. Left out, they stay as they are."""
        given = call.params.get("ParameterOverrides")
        if given is None:
            return lambda instance: instance.overrides
        template = self._engine.upcoming(stack_set).template
        requests.overrides(template, given, {})
        return lambda instance: requests.overrides(template, given, instance.overrides)

    def _selection(self, stack_set: StackSet, call: Call, *, creating: bool) -> targets.Selection:
        return targets.read(self._world, call, service_managed=stack_set.service_managed, creating=creating)

    def _updated_instances(self, stack_set: StackSet, call: Call) -> Callable[[], Sequence[Instance]]:
        """The instances of the given targets, or all. Raises WireError `ValidationError`."""
        if "DeploymentTargets" not in call.params and not call.params.get("Regions"):
            if call.params.get("Accounts"):
                raise invalid(targets.ONLY_UNITS if stack_set.service_managed else "Regions must be specified")
            return lambda: list(stack_set.instances.values())
        if "AutoDeployment" in call.params:
            raise invalid("DeploymentTargets and Regions cannot be specified when AutoDeployment is specified")
        selection = self._selection(stack_set, call, creating=False)
        regions = requests.regions(call.params)
        _check_listed(stack_set, selection, regions)
        return self._selected(stack_set, selection, regions)

    def _selected(
        self, stack_set: StackSet, selection: targets.Selection, regions: Collection[str]
    ) -> Callable[[], Sequence[Instance]]:
        def instances() -> Sequence[Instance]:
            accounts = selection.accounts_in(self._world)
            return [
                instance
                for target, instance in stack_set.instances.items()
                if target.account_id in accounts and target.region in regions
            ]

        return instances

    def _new_managed_execution(self, stack_set: StackSet, call: Call) -> bool:
        wanted = requests.managed_execution(call.params)
        if wanted is None or wanted == stack_set.managed_execution:
            return stack_set.managed_execution
        if self._engine.busy(stack_set):
            message = "ManagedExecution cannot be changed while operations are running or queued"
            raise WireError("InvalidOperationException", message)
        return wanted

    def _drop_targets(self, stack_set: StackSet, unit_ids: Sequence[str], regions: Iterable[str]) -> None:
        """Takes out the deleted units, and targeted units below them."""
        for targeted in list(stack_set.targets):
            above = self._world.organization.path_of(targeted) if self._world.unit_exists(targeted) else (targeted,)
            if any(unit_id in above for unit_id in unit_ids):
                stack_set.drop_target(targeted, regions)


def _check_listed(stack_set: StackSet, selection: targets.Selection, regions: Iterable[str]) -> None:
    """Accounts named outright must have instances; those that units bring in need not."""
    if selection.filter not in ("INTERSECTION", "UNION", targets.LISTED):
        return
    for target in (Target(account, region) for account in sorted(selection.accounts) for region in regions):
        if target not in stack_set.instances:
            message = f"Stack instance not found for account {target.account_id} in Region {target.region}"
            raise WireError("StackInstanceNotFoundException", message, 404)
