"""What the IAM resource types share. Works on the store through `Context.call`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rolecall.sandbox.stacks.resources.base import Context
from rolecall.sandbox.wire import WireError

_HOLDERS = (("Roles", "Role"), ("Users", "User"), ("Groups", "Group"))


def holders(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind, name) of every principal that `Roles`, `Users` and `Groups` name; kind is the API's word for it."""
    return [(kind, name) for member, kind in _HOLDERS for name in properties.get(member) or ()]


def ask(context: Context, action: str, holder: tuple[str, str], policy_name: str) -> dict[str, Any]:
    """The answer of an action on one principal's inline policy."""
    kind, name = holder
    return context.call("iam", action.format(kind), **{f"{kind}Name": name}, PolicyName=policy_name)


def call_on(context: Context, action: str, holder: tuple[str, str], **params: Any) -> None:
    """An action that names its principal by kind: `call_on(context, "Put{}Policy", ("Role", name), …)`."""
    kind, name = holder
    context.call("iam", action.format(kind), **{f"{kind}Name": name}, **params)


def call_unless_gone(context: Context, action: str, /, **params: Any) -> None:
    """For removals: what is not there any more is removed."""
    try:
        context.call("iam", action, **params)
    except WireError as error:
        if error.code != "NoSuchEntity":
            raise


def remove_from(context: Context, action: str, holder: tuple[str, str], **params: Any) -> None:
    """`call_on` for removals."""
    kind, name = holder
    call_unless_gone(context, action.format(kind), **{f"{kind}Name": name}, **params)


def changed_tags(old: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]) -> tuple[list[Any], list[str]]:
    """(tags to set, keys to remove) that lead from `old` to `new`."""
    wanted = {tag["Key"]: tag["Value"] for tag in new}
    return [dict(tag) for tag in new if tag not in old], [tag["Key"] for tag in old if tag["Key"] not in wanted]
