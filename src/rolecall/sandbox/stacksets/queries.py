"""CloudFormation's operations that look at stack sets, as handlers. They change nothing.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from rolecall.sandbox.stacks.handlers import StackHandlers
from rolecall.sandbox.stacks.paging import page
from rolecall.sandbox.stacks.views import template_summary
from rolecall.sandbox.stacksets import access, views
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.lookup import Lookup
from rolecall.sandbox.stacksets.model import Instance, Operation
from rolecall.sandbox.stacksets.requests import status_filter
from rolecall.sandbox.wire import Call, Handler, Params

Fact = Callable[[Instance], str | None]
"""Something that can be asked of an instance."""


class StackSetQueries:
    """One method an operation; `table` lists them under their API names."""

    def __init__(self, engine: StackSetEngine, stacks: StackHandlers) -> None:
        self._engine = engine
        self._stacks = stacks
        self._lookup = Lookup(engine)

    def table(self) -> dict[str, Handler]:
        return {
            "DescribeStackSet": self.describe_stack_set,
            "ListStackSets": self.list_stack_sets,
            "ListStackInstances": self.list_stack_instances,
            "DescribeStackInstance": self.describe_stack_instance,
            "DescribeStackSetOperation": self.describe_stack_set_operation,
            "ListStackSetOperations": self.list_stack_set_operations,
            "ListStackSetOperationResults": self.list_stack_set_operation_results,
            "ListStackSetAutoDeploymentTargets": self.list_stack_set_auto_deployment_targets,
            "GetTemplateSummary": self.get_template_summary,
        }

    def describe_stack_set(self, call: Call) -> Params:
        return {"StackSet": views.stack_set(self._lookup.stack_set(call, deleted_too=True))}

    def list_stack_sets(self, call: Call) -> Params:
        wanted = call.params.get("Status")
        account_id = access.administrator(self._engine.world, call)
        own = [entry for entry in self._engine.stack_sets(call.region) if entry.administrator == account_id]
        if call.params.get("CallAs") == "DELEGATED_ADMIN":
            own = [entry for entry in own if entry.service_managed]
        summaries = [views.stack_set_summary(entry) for entry in own]
        shown, more = page([entry for entry in summaries if wanted in (None, entry["Status"])], call.params)
        return {"Summaries": shown, **more}

    def list_stack_instances(self, call: Call) -> Params:
        stack_set = self._lookup.stack_set(call)
        asked = _asked(call.params)
        shown, more = page([entry for entry in stack_set.instances.values() if _matches(entry, asked)], call.params)
        return {"Summaries": [views.instance_summary(stack_set, entry) for entry in shown], **more}

    def describe_stack_instance(self, call: Call) -> Params:
        stack_set = self._lookup.stack_set(call)
        return {"StackInstance": views.instance(stack_set, self._lookup.instance(stack_set, call))}

    def describe_stack_set_operation(self, call: Call) -> Params:
        stack_set = self._lookup.stack_set(call)
        return {"StackSetOperation": views.operation(stack_set, self._lookup.operation(stack_set, call))}

    def list_stack_set_operations(self, call: Call) -> Params:
        operations = map(self._seen, self._lookup.stack_set(call).operations.values())
        shown, more = page([entry for entry in operations if entry is not None][::-1], call.params)
        return {"Summaries": [views.operation_summary(entry) for entry in shown], **more}

    def list_stack_set_operation_results(self, call: Call) -> Params:
        operation = self._seen(self._lookup.operation(self._lookup.stack_set(call), call))
        wanted = status_filter(call.params, "OPERATION_RESULT_STATUS")
        known = operation.results.values() if operation else ()
        results = [entry for entry in known if not wanted or entry.status in wanted]
        shown, more = page(results, call.params)
        return {"Summaries": [views.result(entry) for entry in shown], **more}

    def list_stack_set_auto_deployment_targets(self, call: Call) -> Params:
        targets = sorted(self._lookup.stack_set(call).targets.items())
        shown, more = page(targets, call.params)
        summaries = [{"OrganizationalUnitId": unit_id, "Regions": list(regions)} for unit_id, regions in shown]
        return {"Summaries": summaries, **more}

    def get_template_summary(self, call: Call) -> Params:
        if not call.params.get("StackSetName"):
            return self._stacks.template_summary(call)
        return template_summary(self._lookup.stack_set(call).definition.template)

    def _seen(self, operation: Operation) -> Operation | None:
        """As lists tell it, which are behind where a switch says so. DescribeStackSetOperation never is.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackSetOperations.html
        """
        world = self._engine.world
        lag = timedelta(seconds=world.switches.stack_set_lists_lag_seconds)
        return operation.as_of(world.now() - lag) if lag else operation


def _asked(params: Params) -> list[tuple[Fact, Sequence[str]]]:
    """What is asked of an instance, and the answers that will do. Read once, since there may be many instances."""
    filters: list[tuple[Fact, Sequence[str | None]]] = [
        (lambda instance: instance.target.account_id, [params.get("StackInstanceAccount")]),
        (lambda instance: instance.target.region, [params.get("StackInstanceRegion")]),
        (lambda instance: instance.detailed_status.value, status_filter(params, "DETAILED_STATUS")),
        (lambda instance: instance.last_operation_id, status_filter(params, "LAST_OPERATION_ID")),
        (lambda instance: instance.drift.value, status_filter(params, "DRIFT_STATUS")),
    ]
    given = [(fact, [value for value in wanted if value]) for fact, wanted in filters]
    return [(fact, wanted) for fact, wanted in given if wanted]


def _matches(instance: Instance, asked: Sequence[tuple[Fact, Sequence[str]]]) -> bool:
    return all(fact(instance) in wanted for fact, wanted in asked)
