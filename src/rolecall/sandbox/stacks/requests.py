"""What a call asks of a stack: where, with which definition, handled how. Pure but for the time that it takes to parse.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
"""

from __future__ import annotations

from dataclasses import replace

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.parts import Definition, Options, Place
from rolecall.sandbox.stacks.shapes import tag_values
from rolecall.sandbox.stacks.template import parameters
from rolecall.sandbox.stacks.template.parse import parse
from rolecall.sandbox.wire import Call, Params


def place(call: Call) -> Place:
    """Where the caller's stacks are."""
    partition = call.caller.arn.split(":", 2)[1]
    return Place(call.caller.account_id, call.region, partition)


def definition(call: Call, body: str, former: Definition | None = None) -> Definition:
    """What the stack is to be. Raises WireError `ValidationError` for a template or parameters that will not do."""
    template = parse(body)
    given, tags = call.params.get("Parameters") or (), call.params.get("Tags")
    values = parameters.values(template, given, former.parameters if former else None)
    kept = former.tags if former and tags is None else {}
    return Definition(
        body=body,
        template=template,
        parameters=values,
        tags=tag_values(tags) if tags is not None else kept,
        capabilities=tuple(call.params.get("Capabilities") or ()),
    )


def options(params: Params) -> Options:
    """How the stack is handled. Raises WireError `ValidationError` for two ways at once."""
    on_failure = params.get("OnFailure")
    if on_failure and params.get("DisableRollback") is not None:
        raise invalid("You cannot specify both OnFailure and DisableRollback.")
    return Options(
        on_failure=on_failure or ("DO_NOTHING" if params.get("DisableRollback") else "ROLLBACK"),
        notification_arns=tuple(params.get("NotificationARNs") or ()),
        role_arn=params.get("RoleARN"),
        timeout_minutes=params.get("TimeoutInMinutes"),
    )


def updated_options(params: Params, former: Options) -> Options:
    """What an update leaves out stays."""
    notified = params.get("NotificationARNs")
    disabled = params.get("DisableRollback")
    return replace(
        former,
        on_failure=former.on_failure if disabled is None else "DO_NOTHING" if disabled else "ROLLBACK",
        notification_arns=former.notification_arns if notified is None else tuple(notified),
        role_arn=params.get("RoleARN", former.role_arn),
    )
