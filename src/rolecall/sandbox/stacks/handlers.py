"""CloudFormation's stack operations, as handlers on the stack engine.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rolecall.sandbox.stacks import actors, requests, source, views
from rolecall.sandbox.stacks.engine import StackEngine
from rolecall.sandbox.stacks.errors import constraint_broken, invalid
from rolecall.sandbox.stacks.paging import page
from rolecall.sandbox.stacks.parts import StackResource
from rolecall.sandbox.stacks.requests import place
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacks.template.parse import parse
from rolecall.sandbox.wire import Call, Handler, Params

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


class StackHandlers:
    """One method an operation; `table` lists them under their API names."""

    def __init__(self, engine: StackEngine) -> None:
        self._engine = engine

    def table(self) -> dict[str, Handler]:
        return {
            "CreateStack": self.create_stack,
            "UpdateStack": self.update_stack,
            "DeleteStack": self.delete_stack,
            "UpdateTerminationProtection": self.update_termination_protection,
            "DescribeStacks": self.describe_stacks,
            "ListStacks": self.list_stacks,
            "DescribeStackEvents": self.describe_stack_events,
            "DescribeStackResources": self.describe_stack_resources,
            "DescribeStackResource": self.describe_stack_resource,
            "ListStackResources": self.list_stack_resources,
            "GetTemplate": self.get_template,
            "ValidateTemplate": self.validate_template,
        }

    def create_stack(self, call: Call) -> Params:
        name = call.params["StackName"]
        if not _NAME.fullmatch(name):
            raise constraint_broken(
                name, "stackName", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        body = source.template_body(self._engine.world, call)
        token = call.params.get("ClientRequestToken")
        definition, options = requests.definition(call, body), requests.options(call.params)
        actor = actors.of(self._engine.world, call)
        stack = self._engine.create(place(call), name, definition, options, token=token, actor=actor)
        stack.termination_protection = bool(call.params.get("EnableTerminationProtection"))
        return {"StackId": stack.id}

    def update_stack(self, call: Call) -> Params:
        stack = self._engine.find(place(call), call.params["StackName"])
        if stack is None or not stack.exists:
            raise invalid(f"Stack [{call.params['StackName']}] does not exist")
        body = source.template_body(self._engine.world, call, stack.definition.body)
        definition = requests.definition(call, body, stack.definition)
        actor = actors.of(self._engine.world, call, stack.actor)
        self._engine.update(stack, definition, token=call.params.get("ClientRequestToken"))
        stack.actor, stack.options = actor, requests.updated_options(call.params, stack.options)
        return {"StackId": stack.id}

    def delete_stack(self, call: Call) -> Params:
        stack = self._engine.find(place(call), call.params["StackName"])
        if stack is not None:  # AWS takes the deletion of what is not there for done
            retain = call.params.get("RetainResources") or ()
            actor = actors.of(self._engine.world, call, stack.actor)
            self._engine.delete(stack, retain=retain, token=call.params.get("ClientRequestToken"))
            stack.actor = actor
        return {}

    def update_termination_protection(self, call: Call) -> Params:
        stack = self._stack(call)
        stack.termination_protection = bool(call.params["EnableTerminationProtection"])
        return {"StackId": stack.id}

    def describe_stacks(self, call: Call) -> Params:
        if call.params.get("StackName"):
            return {"Stacks": [views.stack(self._stack(call))]}
        stacks = [stack for stack in reversed(self._engine.stacks(place(call))) if stack.exists]
        shown, more = page(stacks, call.params)
        return {"Stacks": [views.stack(stack) for stack in shown], **more}

    def list_stacks(self, call: Call) -> Params:
        wanted = call.params.get("StackStatusFilter")
        stacks = [stack for stack in reversed(self._engine.stacks(place(call))) if not wanted or stack.status in wanted]
        shown, more = page(stacks, call.params)
        return {"StackSummaries": [views.summary(stack) for stack in shown], **more}

    def describe_stack_events(self, call: Call) -> Params:
        stack = self._stack(call)
        shown, more = page(stack.events[::-1], call.params)
        return {"StackEvents": [views.event(stack, event) for event in shown], **more}

    def describe_stack_resources(self, call: Call) -> Params:
        physical_id = call.params.get("PhysicalResourceId")
        stack = self._with_resource(call, physical_id) if physical_id else self._stack(call)
        logical_id = call.params.get("LogicalResourceId")
        held = [entry for entry in stack.resources.values() if logical_id in (None, entry.logical_id)]
        return {"StackResources": [views.resource(stack, entry) for entry in held]}

    def describe_stack_resource(self, call: Call) -> Params:
        stack = self._stack(call)
        logical_id = call.params["LogicalResourceId"]
        if logical_id not in stack.resources:
            raise invalid(f"Resource {logical_id} does not exist for stack {stack.name}")
        return {"StackResourceDetail": views.resource_detail(stack, stack.resources[logical_id])}

    def list_stack_resources(self, call: Call) -> Params:
        stack = self._stack(call)
        held: Sequence[StackResource] = list(stack.resources.values())
        shown, more = page(held, call.params)
        return {"StackResourceSummaries": [views.resource_summary(stack, entry) for entry in shown], **more}

    def get_template(self, call: Call) -> Params:
        stack = self._stack(call)
        return {"TemplateBody": stack.definition.body, "StagesAvailable": ["Original", "Processed"]}

    def validate_template(self, call: Call) -> Params:
        return views.validation(parse(source.template_body(self._engine.world, call)))

    def template_summary(self, call: Call) -> Params:
        """GetTemplateSummary of a stack or of a template given with the call."""
        if call.params.get("StackName"):
            return views.template_summary(self._stack(call).definition.template)
        return views.template_summary(parse(source.template_body(self._engine.world, call)))

    def _stack(self, call: Call) -> Stack:
        name = call.params.get("StackName", "")
        stack = self._engine.find(place(call), name)
        if stack is None:
            raise invalid(f"Stack with id {name} does not exist")
        return stack

    def _with_resource(self, call: Call, physical_id: str) -> Stack:
        for stack in self._engine.stacks(place(call)):
            if any(entry.physical is not None and entry.physical.id == physical_id for entry in stack.owned()):
                return stack
        raise invalid(f"Stack for {physical_id} does not exist")
