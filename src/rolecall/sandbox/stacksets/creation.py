"""CreateStackSet, from a template or from a stack, as a handler on the StackSets engine.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/self-managed-import.html
"""

from __future__ import annotations

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.source import template_body
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacksets import access, requests
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.model import SelfManaged, StackSet, Target
from rolecall.sandbox.wire import Call, Params, WireError


class Creation:
    """The handler. `create` is CreateStackSet."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._engine = engine
        self._world = engine.world

    def create(self, call: Call) -> Params:
        permissions = requests.permissions(call)
        administrator = access.creator(self._world, call, service_managed=permissions is None)
        known = self._engine.find(call.region, requests.stack_set_name(call.params), administrator)
        if known is not None and _is_retry(known, call):
            return {"StackSetId": known.id}
        imported = self._imported(call, permissions)
        stack_set = self._stack_set(call, administrator, permissions, imported)
        self._engine.add(stack_set)
        if imported is not None:
            operation = requests.operation_of_ours(self._world, "CREATE")
            target = Target(imported.place.account_id, imported.place.region)
            self._engine.import_stacks(stack_set, operation, {target: imported}, {})
        return {"StackSetId": stack_set.id}

    def _stack_set(
        self, call: Call, administrator: str, permissions: SelfManaged | None, imported: Stack | None
    ) -> StackSet:
        params = call.params
        body = template_body(self._world, call) if imported is None else imported.definition.body
        inherited = {} if imported is None else imported.definition.parameters
        return StackSet(
            name=params["StackSetName"],
            region=call.region,
            administrator=administrator,
            partition=call.caller.arn.split(":", 2)[1],
            definition=requests.definition(
                requests.with_parameters(params, inherited), body, service_managed=permissions is None
            ),
            description=params.get("Description"),
            auto_deployment=requests.auto_deployment(params),
            managed_execution=bool(requests.managed_execution(params)),
            permissions=permissions,
            request=(params.get("ClientRequestToken"), requests.fingerprint(call)),
            uuid=self._world.new_uuid("stackset", params["StackSetName"]),
        )

    def _imported(self, call: Call, permissions: SelfManaged | None) -> Stack | None:
        """The stack that becomes the first instance, if the call names one."""
        stack_id = call.params.get("StackId")
        if not stack_id:
            return None
        if any(call.params.get(name) is not None for name in ("TemplateBody", "TemplateURL")):
            raise invalid("Exactly one of [TemplateBody, TemplateURL, StackId] must be specified.")
        if permissions is None:  # a guess: there is no unit by which it could belong
            raise invalid("StackId is for SELF_MANAGED permissions only")
        stack = self._engine.stacks.by_id(stack_id)
        if stack is None or not stack.exists:
            raise invalid(f"Stack with id {stack_id} does not exist")
        return stack


def _is_retry(known: StackSet, call: Call) -> bool:
    """Raises WireError `CreatedButModifiedException` where the stack set has been updated since the same request."""
    token = call.params.get("ClientRequestToken")
    if token is None or known.request != (token, requests.fingerprint(call)):
        return False
    if known.updated:
        message = f"StackSet {known.name} was created by this request, and has been changed since"
        raise WireError("CreatedButModifiedException", message, 409)
    return True
