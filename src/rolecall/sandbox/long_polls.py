"""SQS's long polls: how long one waits, whether anything came, and the same request without the wait.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from rolecall.sandbox.store import Store
from rolecall.sandbox.stored import HttpRequest, HttpResponse
from rolecall.sandbox.wire import Call

PAUSE_SECONDS = 0.1
"""Between two looks into a queue."""

_LONGEST_SECONDS = 20
_WAIT = "WaitTimeSeconds"


def wait_of(call: Call, request: HttpRequest, store: Store) -> int:
    """For how many seconds the call waits for a message: as it says, or else as its queue does. 0 for other calls."""
    asked = _asked(call, request)
    if asked is None:
        return 0
    said = asked.get(_WAIT)
    return int(said) if said is not None else _of_queue(call, str(asked.get("QueueUrl", "")), store)


def came_in_vain(response: HttpResponse | None) -> bool:
    """Whether it is the answer of an empty queue."""
    return response is not None and response.status == 200 and b"ReceiptHandle" not in response.body


def cut_short(call: Call, request: HttpRequest) -> HttpRequest:
    """The same call, to be answered at once, whatever its queue has for a default."""
    asked = _asked(call, request)
    if asked is None:
        return request
    asked |= {_WAIT: 0}
    return replace(request, body=(json.dumps(asked) if _is_json(request) else urlencode(asked)).encode())


def _of_queue(call: Call, url: str, store: Store) -> int:
    return store.queue_wait(call.caller.account_id, call.region, url.rsplit("/", 1)[-1])


def _asked(call: Call, request: HttpRequest) -> dict[str, Any] | None:
    """What a ReceiveMessage asks for, in either of its protocols. None for other calls, and what SQS would refuse."""
    if (call.service, call.action) != ("sqs", "ReceiveMessage"):
        return None
    try:
        asked = json.loads(request.body) if _is_json(request) else dict(parse_qsl(request.body.decode()))
        wait = int(asked.get(_WAIT) or 0)
    except (ValueError, TypeError, AttributeError):
        return None
    return asked if 0 <= wait <= _LONGEST_SECONDS else None


def _is_json(request: HttpRequest) -> bool:
    return any(name.lower() == "x-amz-target" for name in request.headers)
