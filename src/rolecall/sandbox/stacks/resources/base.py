"""What every resource type offers the engine, and the context in which it works on the store.

Resource types reach the store only through `Context.call`, as the stack's own account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from rolecall.sandbox.stacks.errors import ResourceFailed
from rolecall.sandbox.stacks.resources.property_types import PropertyType
from rolecall.sandbox.store import Store
from rolecall.sandbox.wire import WireError

Properties = Mapping[str, Any]
"""A resource's properties, resolved."""

Permit = Callable[[str, str, Mapping[str, Any]], None]
"""Asked before each API call with service, action and parameters; raises WireError where the stack's actor may not."""

# https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
_HANDLER_ERRORS = {
    "EntityAlreadyExists": "AlreadyExists",
    "NoSuchEntity": "NotFound",
    "DeleteConflict": "InvalidRequest",
    "LimitExceeded": "ServiceLimitExceeded",
    "MalformedPolicyDocument": "InvalidRequest",
    "ValidationError": "InvalidRequest",
    "InvalidInput": "InvalidRequest",
    "AccessDenied": "AccessDenied",
}


@dataclass(frozen=True, slots=True)
class Physical:
    """A resource that exists: its physical id, which is also what Ref gives, and what Fn::GetAtt gives."""

    id: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schema:
    """What CloudFormation's registry says of a resource type.

    A change of a property in `create_only` needs replacement. `name` is the property that gives a custom name, if any.
    `unordered` are the lists whose order says nothing, each with the member by which its objects are told apart (none,
    if its entries are texts).
    """

    type: str
    properties: Mapping[str, PropertyType]
    required: frozenset[str]
    create_only: frozenset[str]
    name: str | None = None
    taggable: bool = False
    unordered: Mapping[str, str | None] = field(default_factory=dict)


def anybody(service: str, action: str, params: Mapping[str, Any]) -> None:
    """The permit of a stack whose actor is not asked."""


@dataclass(frozen=True, slots=True)
class Context:
    """One resource of one stack, and the store as the stack's account sees it, and its actor may use it."""

    store: Store
    account_id: str
    region: str
    partition: str
    stack_name: str
    logical_id: str
    new_uuid: Callable[..., str]
    permit: Permit = anybody

    def need(self, service: str, action: str, /, **params: Any) -> None:
        """Raises WireError unless the stack's actor may make a call that its resource handler makes and we need not."""
        self.permit(service, action, params)

    def call(self, service: str, action: str, /, **params: Any) -> dict[str, Any]:
        """One API call. Raises WireError; parameters that are None are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        self.permit(service, action, given)
        return self.store.call(service, action, given, account_id=self.account_id, region=self.region)

    def generated_name(self, limit: int) -> str:
        """A name as CloudFormation makes one: stack, logical id and twelve random characters, within `limit`."""
        suffix = self.new_uuid(self.stack_name, self.logical_id)[-12:].upper()
        room = limit - len(suffix) - 2
        logical = self.logical_id[: max(room // 2, room - len(self.stack_name))]
        return f"{self.stack_name[: room - len(logical)]}-{logical}-{suffix}"


class ResourceType(Protocol):
    """One CloudFormation resource type.

    Methods raise WireError where the service refuses, or ResourceFailed. `delete` of what is gone already is a success,
    and `update` must also mend an update that stopped half-way: a rollback is an update to the old properties.
    """

    @property
    def schema(self) -> Schema: ...
    def claimed_id(self, context: Context, properties: Properties) -> str | None:
        """The physical id that `create` would take, where the template decides it."""
        ...

    def create(self, context: Context, properties: Properties) -> Physical: ...
    def update(self, context: Context, physical: Physical, old: Properties, new: Properties) -> Physical: ...
    def delete(self, context: Context, physical: Physical, properties: Properties) -> None: ...
    def read(self, context: Context, physical: Physical, properties: Properties) -> Properties | None:
        """The resource's properties as they are now; None where it is gone. `properties` are those deployed."""
        ...


def failure(service: str, error: WireError, new_uuid: Callable[..., str]) -> ResourceFailed:
    """The service's refusal as CloudFormation's resource handlers report it."""
    request_id, token = new_uuid("request"), new_uuid("request token")
    code = _HANDLER_ERRORS.get(error.code, "GeneralServiceException")
    said = f"{error.message} (Service: {service}, Status Code: {error.status}, Request ID: {request_id})"
    return ResourceFailed(
        f'Resource handler returned message: "{said}" (RequestToken: {token}, HandlerErrorCode: {code})'
    )


def stored_document(text: Any) -> Any:
    """A policy document as the store tells it: percent-encoded JSON text."""
    return json.loads(unquote(text)) if isinstance(text, str) else text


def unless_gone(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The answer, or None where what it asks for does not exist."""
    try:
        return ask()
    except WireError as error:
        if error.code == "NoSuchEntity":
            return None
        raise


def document(value: Any) -> str:
    """A policy document property as the API takes it: JSON text."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
