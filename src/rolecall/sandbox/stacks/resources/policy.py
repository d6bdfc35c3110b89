"""AWS::IAM::Policy: an inline policy, put into the principals that it names. Works on the store through `Context.call`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html
"""

from __future__ import annotations

from contextlib import suppress

from rolecall.sandbox.stacks.errors import ResourceFailed
from rolecall.sandbox.stacks.resources import iam
from rolecall.sandbox.stacks.resources import property_types as types
from rolecall.sandbox.stacks.resources.base import (
    Context,
    Physical,
    Properties,
    Schema,
    document,
    stored_document,
    unless_gone,
)
from rolecall.sandbox.wire import WireError

_ID_LIMIT = 128


class Policy:
    """An inline policy. Everything about it changes in place: it has no existence of its own."""

    schema = Schema(
        type="AWS::IAM::Policy",
        properties={
            "Groups": types.texts,
            "PolicyDocument": types.document,
            "PolicyName": types.text,
            "Roles": types.texts,
            "Users": types.texts,
        },
        required=frozenset({"PolicyDocument", "PolicyName"}),
        create_only=frozenset(),
        unordered=dict.fromkeys(("Groups", "Roles", "Users")),
    )

    def claimed_id(self, context: Context, properties: Properties) -> str | None:  # noqa: ARG002  # the protocol's form
        return None

    def create(self, context: Context, properties: Properties) -> Physical:
        if not iam.holders(properties):
            raise ResourceFailed("At least one of [Groups,Roles,Users] must be non-empty.")
        name = context.generated_name(_ID_LIMIT)
        physical = Physical(name, {"Id": name})
        try:
            self._put(context, properties)
        except WireError:
            with suppress(WireError):  # what counts is why it was not made
                self.delete(context, physical, properties)
            raise
        return physical

    def update(self, context: Context, physical: Physical, old: Properties, new: Properties) -> Physical:
        self._put(context, new)
        kept = iam.holders(new) if old["PolicyName"] == new["PolicyName"] else []
        self._remove(context, old["PolicyName"], [holder for holder in iam.holders(old) if holder not in kept])
        return physical

    def delete(self, context: Context, physical: Physical, properties: Properties) -> None:  # noqa: ARG002
        self._remove(context, properties["PolicyName"], iam.holders(properties))

    def read(self, context: Context, physical: Physical, properties: Properties) -> Properties | None:  # noqa: ARG002
        name = properties["PolicyName"]
        held: dict[str, list[str]] = {f"{kind}s": [] for kind in ("Role", "User", "Group")}
        document_now = None
        for kind, holder in iam.holders(properties):
            found = unless_gone(lambda kind=kind, holder=holder: iam.ask(context, "Get{}Policy", (kind, holder), name))  # type: ignore[misc]
            if found is not None:
                held[f"{kind}s"].append(holder)
                document_now = stored_document(found["PolicyDocument"])
        if document_now is None:
            return None
        return {"PolicyName": name, "PolicyDocument": document_now, **held}

    def _put(self, context: Context, properties: Properties) -> None:
        name, text = properties["PolicyName"], document(properties["PolicyDocument"])
        for holder in iam.holders(properties):
            iam.call_on(context, "Put{}Policy", holder, PolicyName=name, PolicyDocument=text)

    def _remove(self, context: Context, policy_name: str, holders: list[tuple[str, str]]) -> None:
        for holder in holders:
            iam.remove_from(context, "Delete{}Policy", holder, PolicyName=policy_name)
