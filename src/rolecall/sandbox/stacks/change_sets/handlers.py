"""CloudFormation's operations on change sets, as handlers on the stack engine.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
Nested stacks, and the import of resources into a stack, are not there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from rolecall.sandbox.stacks import actors, capabilities, requests, source
from rolecall.sandbox.stacks.change_sets import views
from rolecall.sandbox.stacks.change_sets.changes import changes
from rolecall.sandbox.stacks.change_sets.model import ChangeSet
from rolecall.sandbox.stacks.engine import StackEngine, check_updatable
from rolecall.sandbox.stacks.engine import changes as any_change
from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.paging import page
from rolecall.sandbox.stacks.parts import REVIEW, Definition, Options
from rolecall.sandbox.stacks.requests import place
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.wire import Call, Handler, Params, WireError

CALCULATION_SECONDS = 0.2
_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSetHandlers:
    """One method an operation; `table` lists them under their API names."""

    def __init__(self, engine: StackEngine) -> None:
        self._engine = engine
        self._world = engine.world
        self._held: dict[Stack, dict[str, ChangeSet]] = defaultdict(dict)

    def table(self) -> dict[str, Handler]:
        return {
            "CreateChangeSet": self.create,
            "DescribeChangeSet": self.describe,
            "ListChangeSets": self.list,
            "ExecuteChangeSet": self.execute,
            "DeleteChangeSet": self.delete,
        }

    def create(self, call: Call) -> Params:
        kind, name = call.params.get("ChangeSetType") or "UPDATE", call.params["ChangeSetName"]
        if kind not in ("CREATE", "UPDATE"):
            raise invalid(f"The sandbox does not make change sets of type {kind}")
        stack = self._engine.find(place(call), call.params["StackName"])
        known = self._held[stack].get(name) if stack is not None else None
        if known is not None and known.token is not None and known.token == call.params.get("ClientToken"):
            return {"Id": known.id, "StackId": known.stack.id}
        if known is not None:
            raise WireError("AlreadyExistsException", f"ChangeSet {name} already exists")
        change_set = self._to_create(call, stack) if kind == "CREATE" else self._to_update(call, stack)
        self._held[change_set.stack][name] = change_set
        change_set.status = "CREATE_IN_PROGRESS"
        self._world.clock.work(CALCULATION_SECONDS, lambda: _calculate(change_set))
        return {"Id": change_set.id, "StackId": change_set.stack.id}

    def describe(self, call: Call) -> Params:
        change_set = self._change_set(call)
        shown, more = page(change_set.changes, call.params)
        values = bool(call.params.get("IncludePropertyValues"))
        return views.described(change_set, shown, values=values) | more

    def list(self, call: Call) -> Params:
        stack = self._stack(call, call.params["StackName"])
        shown, more = page(list(self._held[stack].values()), call.params)
        return {"Summaries": [views.summary(entry) for entry in shown], **more}

    def execute(self, call: Call) -> Params:
        """All other change sets of the stack go: they no longer fit it."""
        change_set = self._change_set(call)
        _check_executable(change_set)
        stack = change_set.stack
        actor = actors.of(self._world, call, change_set.actor)
        self._begin(change_set, call.params.get("ClientRequestToken"))
        stack.actor, stack.options = actor, change_set.options
        if call.params.get("DisableRollback"):
            stack.options = replace(stack.options, on_failure="DO_NOTHING")
        self._held[stack] = {change_set.name: change_set}
        change_set.execution = "EXECUTE_IN_PROGRESS"
        return {}

    def delete(self, call: Call) -> Params:
        try:
            change_set = self._change_set(call)
        except WireError as error:
            if error.code == "ChangeSetNotFound":
                return {}  # AWS takes the deletion of what is not there for done
            raise
        if change_set.execution == "EXECUTE_IN_PROGRESS":
            raise _wrong_status(change_set, "deleted", change_set.execution)
        del self._held[change_set.stack][change_set.name]
        return {}

    def _begin(self, change_set: ChangeSet, token: str | None) -> None:
        stack = change_set.stack
        if change_set.kind == "CREATE":
            stack.definition, stack.token = change_set.definition, token
            self._engine.begin_creation(stack, ended=change_set.executed)
        else:
            self._engine.update(stack, change_set.definition, token=token, ended=change_set.executed)

    def _to_create(self, call: Call, stack: Stack | None) -> ChangeSet:
        name = call.params["StackName"]
        if stack is not None and stack.exists and stack.status != REVIEW:
            raise invalid(
                f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{call.params['ChangeSetName']}]."
            )
        definition = requests.definition(call, source.template_body(self._world, call))
        capabilities.check(definition.template, definition.capabilities)
        options, actor = _options(call), actors.of(self._world, call)
        if stack is None or not stack.exists:
            stack = self._engine.create(place(call), name, definition, options, actor=actor, under_review=True)
        return self._new(call, stack, definition, options)

    def _to_update(self, call: Call, stack: Stack | None) -> ChangeSet:
        if stack is None or not stack.exists:
            raise invalid(f"Stack [{call.params['StackName']}] does not exist")
        body = source.template_body(self._world, call, stack.definition.body)
        definition = requests.definition(call, body, stack.definition)
        capabilities.check(definition.template, definition.capabilities)
        check_updatable(stack, definition)
        return self._new(call, stack, definition, _options(call, stack.options))

    def _new(self, call: Call, stack: Stack, definition: Definition, options: Options) -> ChangeSet:
        name, kind = call.params["ChangeSetName"], call.params.get("ChangeSetType") or "UPDATE"
        where = stack.place
        uuid = self._world.new_uuid("changeset", stack.id, name)
        arn = f"arn:{where.partition}:cloudformation:{where.region}:{where.account_id}:changeSet/{name}/{uuid}"
        return ChangeSet(
            name,
            arn,
            kind,
            stack,
            definition,
            options,
            self._world.now(),
            len(stack.events),
            description=call.params.get("Description"),
            token=call.params.get("ClientToken"),
            actor=actors.of(self._world, call, stack.actor),
        )

    def _change_set(self, call: Call) -> ChangeSet:
        """By ARN, or by its name and its stack's."""
        named, stack_name = call.params["ChangeSetName"], call.params.get("StackName")
        if named.startswith("arn:"):
            every = (entry for stack in self._engine.stacks(place(call)) for entry in self._held[stack].values())
            found = next((entry for entry in every if entry.id == named), None)
        elif stack_name:
            found = self._held[self._stack(call, stack_name)].get(named)
        else:
            raise invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
        if found is None:
            raise WireError("ChangeSetNotFound", f"ChangeSet [{named}] does not exist", 404)
        return found

    def _stack(self, call: Call, name: str) -> Stack:
        stack = self._engine.find(place(call), name)
        if stack is None:
            raise invalid(f"Stack [{name}] does not exist")
        return stack


def _options(call: Call, former: Options | None = None) -> Options:
    given = requests.options({**call.params, "OnFailure": call.params.get("OnStackFailure")})
    if former is None:
        return given
    return replace(
        former,
        notification_arns=given.notification_arns or former.notification_arns,
        role_arn=given.role_arn or former.role_arn,
    )


def _calculate(change_set: ChangeSet) -> None:
    stack = change_set.stack
    try:
        empty = change_set.kind == "UPDATE" and not any_change(stack, change_set.definition)
        found = () if empty else changes(stack, change_set.definition)
    except WireError as error:
        return change_set.failed(error.message)
    return change_set.failed(_NO_CHANGES) if empty else change_set.calculated(found)


def _check_executable(change_set: ChangeSet) -> None:
    if change_set.status != "CREATE_COMPLETE":
        raise _wrong_status(change_set, "executed", change_set.status)
    if change_set.execution_status != "AVAILABLE":
        raise _wrong_status(change_set, "executed", change_set.execution_status)


def _wrong_status(change_set: ChangeSet, verb: str, status: str) -> WireError:
    message = f"ChangeSet [{change_set.id}] cannot be {verb} in its current status of [{status}]"
    return WireError("InvalidChangeSetStatus", message)
