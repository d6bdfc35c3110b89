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

    def envelope(self) -> dict[str, Any]:
        """The event as targets get it."""
        return {
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account_id,
            "time": f"{self.time:%Y-%m-%dT%H:%M:%SZ}",
            "region": self.region,
            "resources": list(self.resources),
            "detail": dict(self.detail),
        }


Listener = Callable[[Event], None]
