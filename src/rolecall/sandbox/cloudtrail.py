"""CloudTrail's event history: the latest calls of each account and Region. Memory only; records are made when asked.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from rolecall.sandbox.exchange import Exchange
from rolecall.sandbox.trail import api_call
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_KEPT = 1_000
_PAGE = 50
_GLOBAL = ("organizations", "iam")
"""Services whose events are told in us-east-1, wherever the call went."""


class EventHistory:
    """Listens to the gateway; answers LookupEvents."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[tuple[str, str], deque[Exchange]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def heard(self, exchange: Exchange) -> None:
        call = exchange.call
        if call is not None and call.action and call.service != "cloudtrail" and exchange.response is not None:
            region = "us-east-1" if call.service in _GLOBAL else call.region
            self._kept[call.caller.account_id, region].appendleft(exchange)

    def handlers(self) -> Handlers:
        return {("cloudtrail", "LookupEvents"): self.lookup_events}

    def lookup_events(self, call: Call) -> Params:
        """Newest first. At most one attribute may be asked for, as on AWS."""
        wanted = call.params.get("LookupAttributes") or []
        if len(wanted) > 1:
            raise WireError("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
        kept = self._kept.get((call.caller.account_id, call.region), ())
        views = (self._view(exchange) for exchange in kept if _within(exchange, call.params))
        found = [view for view in views if all(_has(view, attribute) for attribute in wanted)]
        start = _start(call.params.get("NextToken"))
        end = start + min(call.params.get("MaxResults", _PAGE), _PAGE)
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"Events": found[start:end], **more}

    def _view(self, exchange: Exchange) -> dict[str, Any]:
        call = exchange.call
        assert call is not None
        record = api_call(self._world, call, exchange.answer, error=exchange.error.code if exchange.error else None)
        event_id = str(uuid.uuid5(uuid.NAMESPACE_OID, exchange.request_id))
        record |= {
            "eventTime": f"{exchange.time:%Y-%m-%dT%H:%M:%SZ}",
            "eventID": event_id,
            "requestID": exchange.request_id,
            "userAgent": exchange.user_agent,
        }
        return {
            "EventId": event_id,
            "EventName": call.action,
            "ReadOnly": str(record["readOnly"]).lower(),
            "EventTime": exchange.time,
            "EventSource": record["eventSource"],
            "Username": call.caller.session_name or call.caller.arn.rsplit("/", 1)[-1],
            "Resources": [],
            "CloudTrailEvent": json.dumps(record),
        }


def _start(token: str | None) -> int:
    if token is None or token.isdecimal():
        return int(token or 0)
    raise WireError("InvalidNextTokenException", "The NextToken is not valid.")


def _within(exchange: Exchange, params: Params) -> bool:
    """Times come as seconds since 1970, which the wire's parser reads without a zone."""
    start, end = (time and time.replace(tzinfo=UTC) for time in (params.get("StartTime"), params.get("EndTime")))
    return (start is None or exchange.time >= start) and (end is None or exchange.time <= end)


def _has(view: Mapping[str, Any], attribute: Mapping[str, str]) -> bool:
    return bool(view.get(attribute["AttributeKey"]) == attribute["AttributeValue"])
