"""CloudTrail's event history: the latest events of each account and Region. Memory only; records are made when asked.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.parsers import ResponseParserError

from rolecall.sandbox import trail
from rolecall.sandbox.events import Event
from rolecall.sandbox.exchange import Exchange
from rolecall.sandbox.store_wire import parsed, service_model
from rolecall.sandbox.wire import Call, Caller, Handlers, Params, WireError
from rolecall.sandbox.world import World

_KEPT = 1_000
_PAGE = 50
_AGE = timedelta(days=90)
_DATA = {
    "s3": re.compile(r"\w*Object(?!LockConfiguration)\w*|\w+MultipartUploads?|\w*Part(s|Copy)?|HeadBucket"),
    "sqs": re.compile(r"(Send|Receive|Delete)Message(Batch)?|ChangeMessageVisibility(Batch)?"),
    "sns": re.compile(r"Publish(Batch)?"),
    "lambda": re.compile(r"Invoke\w*"),
    "dynamodb": re.compile(r"(Batch|Transact)?(Get|Put|Update|Delete|Write)Items?|Query|Scan|\w*Execute\w+"),
}
"""Calls on what is in resources, which the event history does not have.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html"""
_RESOURCES = {
    "RoleName": "AWS::IAM::Role",
    "RoleArn": "AWS::IAM::Role",
    "UserName": "AWS::IAM::User",
    "PolicyArn": "AWS::IAM::Policy",
    "StackSetName": "AWS::CloudFormation::StackSet",
    "StackName": "AWS::CloudFormation::Stack",
}
"""Parameters that name a resource, and its type."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is kept of one event: what it can be looked up by, and how its record is made."""

    number: int
    time: datetime
    event_id: str
    name: str
    source: str
    read_only: bool
    record: Callable[[], Mapping[str, Any]]
    user: str | None = None
    access_key_id: str | None = None
    resources: tuple[tuple[str, str], ...] = ()

    def has(self, key: str, value: str) -> bool:
        """Whether a lookup attribute is so."""
        if key in ("ResourceType", "ResourceName"):
            return any(value == resource[key == "ResourceName"] for resource in self.resources)
        return self._simple().get(key) == value

    def view(self) -> dict[str, Any]:
        """`Event`."""
        resources = [{"ResourceType": kind, "ResourceName": name} for kind, name in self.resources]
        told = {name: value for name, value in self._simple().items() if value is not None}
        return {**told, "EventTime": self.time, "Resources": resources, "CloudTrailEvent": json.dumps(self.record())}

    def _simple(self) -> dict[str, str | None]:
        return {
            "EventId": self.event_id,
            "EventName": self.name,
            "ReadOnly": str(self.read_only).lower(),
            "AccessKeyId": self.access_key_id,
            "EventSource": self.source,
            "Username": self.user,
        }


class EventHistory:
    """Listens to the gateway and the world; answers LookupEvents."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self._kept: dict[tuple[str, str], deque[_Entry]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def handlers(self) -> Handlers:
        return {("cloudtrail", "LookupEvents"): self.lookup_events}

    def heard(self, exchange: Exchange) -> None:
        """A call that was answered."""
        call = exchange.call
        if call is not None and call.action and exchange.response is not None and call.service != "cloudtrail":
            self.made(call, exchange.answer, _error_of(exchange))

    def made(self, call: Call, answer: Params | None, error: WireError | None) -> None:
        """A traced call, in each account that is told of it. Of reads, the answer is not kept: no record has it."""
        if _is_of_data(call):
            return
        kept = answer if trail.tells_answer(call.action) else None
        for account_id in trail.recipients(call, error):
            record = partial(trail.api_call, call, kept, error, account_id)
            self._kept[account_id, trail.region_of(call)].appendleft(self._entry(call, account_id, record))

    def told(self, event: Event) -> None:
        """Something that AWS did by itself."""
        if event.detail_type != trail.SERVICE_EVENT:
            return
        detail = event.detail
        entry = _Entry(
            number=next(self._numbers),
            time=event.time,
            event_id=detail["eventID"],
            name=detail["eventName"],
            source=detail["eventSource"],
            read_only=detail["readOnly"],
            record=lambda: detail,
        )
        self._kept[event.account_id, event.region].appendleft(entry)

    def lookup_events(self, call: Call) -> Params:
        """Newest first. At most one attribute may be asked for, as on AWS."""
        limit = min(call.params.get("MaxResults", _PAGE), _PAGE)
        found = list(itertools.islice(self._found(call), limit + 1))
        more = {"NextToken": str(found[limit - 1].number)} if len(found) > limit else {}
        return {"Events": [entry.view() for entry in found[:limit]], **more}

    def _found(self, call: Call) -> Iterator[_Entry]:
        """Those that come after the token: later events do not move a page."""
        key, value = _wanted(call.params)
        start, end = _span(call.params, self._world.now())
        before = _before(call.params.get("NextToken"))
        for entry in self._kept.get((call.caller.account_id, call.region), ()):
            asked = start <= entry.time <= end and (before is None or entry.number < before)
            if asked and (key is None or entry.has(key, value)):
                yield entry

    def _entry(self, call: Call, account_id: str, record: Callable[[], Mapping[str, Any]]) -> _Entry:
        assert call.origin is not None
        own = account_id == call.caller.account_id
        return _Entry(
            number=next(self._numbers),
            time=call.origin.time,
            event_id=trail.event_id(call, account_id),
            name=call.action,
            source=f"{call.service}.amazonaws.com",
            read_only=trail.is_read_only(call.action),
            record=record,
            user=_user_name(call.caller) if own else None,
            access_key_id=call.origin.access_key_id if own else None,
            resources=tuple((kind, str(call.params[name])) for name, kind in _RESOURCES.items() if name in call.params),
        )


def _error_of(exchange: Exchange) -> WireError | None:
    """What the sandbox said itself, or what the store's answer says."""
    call, response = exchange.call, exchange.response
    if exchange.error is not None or call is None or response is None or response.status < 400:
        return exchange.error
    try:
        parsed(service_model(call.service).operation_model(call.action), response)
    except WireError as error:
        return error
    except (UnknownServiceError, OperationNotFoundError, ResponseParserError):
        return WireError(str(response.status), "", response.status)
    return None


def _is_of_data(call: Call) -> bool:
    pattern = _DATA.get(call.service)
    return pattern is not None and pattern.fullmatch(call.action) is not None


def _user_name(caller: Caller) -> str:
    return caller.session_name or ("root" if caller.arn.endswith(":root") else caller.arn.rsplit("/", 1)[-1])


def _wanted(params: Params) -> tuple[str | None, str]:
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise WireError("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
    return (attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]) if attributes else (None, "")


def _span(params: Params, now: datetime) -> tuple[datetime, datetime]:
    """Times come as seconds since 1970, which the wire's parser reads without a zone."""
    given = (params.get(name) for name in ("StartTime", "EndTime"))
    start, end = (time and time.replace(tzinfo=UTC) for time in given)
    if start and end and start > end:
        raise WireError("InvalidTimeRangeException", "The start time must not be after the end time.")
    oldest = now - _AGE
    return max(start or oldest, oldest), end or now


def _before(token: str | None) -> int | None:
    if token is None or token.isdecimal():
        return None if token is None else int(token)
    raise WireError("InvalidNextTokenException", "The NextToken is not valid.")
