"""Sends what a rule has for a target, to SQS, SNS and log groups. Calls the store as the target's account.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html

Whether a queue's or topic's own policy lets EventBridge in is not asked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rolecall.sandbox.store import Store
from rolecall.sandbox.wire import WireError

Target = Mapping[str, Any]
"""As PutTargets takes it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a target's ARN tells. `resource` is what comes last in it."""

    service: str
    region: str
    account_id: str
    resource: str

    @classmethod
    def of(cls, target: Target) -> Place:
        _, _, service, region, account_id, resource = target["Arn"].split(":", 5)
        return cls(service, region, account_id, resource)


def send(store: Store, target: Target, text: str, rule_name: str) -> None:
    """Raises WireError where the target does not take it."""
    place = Place.of(target)
    sender = _SENDERS.get(place.service)
    if sender is None:
        raise WireError("NotImplemented", f"The sandbox sends no events to {place.service}", 501)
    sender(store, place, target, text, rule_name)


def _to_queue(store: Store, place: Place, target: Target, text: str, rule_name: str) -> None:  # noqa: ARG001
    url = f"https://sqs.{place.region}.amazonaws.com/{place.account_id}/{place.resource}"
    group = target.get("SqsParameters") or {}
    message = {"QueueUrl": url, "MessageBody": text, **group}
    store.call("sqs", "SendMessage", message, account_id=place.account_id, region=place.region)


def _to_topic(store: Store, place: Place, target: Target, text: str, rule_name: str) -> None:  # noqa: ARG001
    message = {"TopicArn": target["Arn"], "Message": text}
    store.call("sns", "Publish", message, account_id=place.account_id, region=place.region)


def _to_log_group(store: Store, place: Place, target: Target, text: str, rule_name: str) -> None:
    """One stream a rule; AWS does not say how it names them. The time is the wall's: the store takes no other."""
    where = {"logGroupName": place.resource.split(":")[1], "logStreamName": rule_name}
    with suppress(WireError):  # it is there, or the group is missing, as the next call says
        store.call("logs", "CreateLogStream", where, account_id=place.account_id, region=place.region)
    message = _logged(text) if "InputTransformer" in target else text
    entries = [{"timestamp": int(time.time() * 1000), "message": message}]
    store.call("logs", "PutLogEvents", where | {"logEvents": entries}, account_id=place.account_id, region=place.region)


def _logged(text: str) -> str:
    """For log groups, a template makes an object of `timestamp` and `message`."""
    try:
        made = json.loads(text)
    except ValueError:
        return text
    return str(made["message"]) if isinstance(made, dict) and "message" in made else text


_SENDERS: Mapping[str, Callable[[Store, Place, Target, str, str], None]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "logs": _to_log_group,
}
