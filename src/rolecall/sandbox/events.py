"""What happens in the sandbox, as EventBridge tells it, and who is told. Pure.

https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One event, on the default bus of `account_id` in `region`."""

    id: str
    time: datetime
    source: str
    detail_type: str
    detail: Mapping[str, Any]
    account_id: str
    region: str
    resources: tuple[str, ...] = ()


Listener = Callable[[Event], None]
