"""Delivery to the rules that somebody made through the EventBridge API. Works on the world's store.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html

On AWS the events of API calls reach a bus only where a trail logs; the sandbox takes that for given.
"""

from __future__ import annotations

from rolecall.sandbox.events import Event
from rolecall.sandbox.exchange import Exchange
from rolecall.sandbox.world import World


class Bus:
    """The store keeps rules, matches their patterns, and sends to their targets (SQS queues among them)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ruled: set[tuple[str, str]] = set()

    def heard(self, exchange: Exchange) -> None:
        """Learns where there are rules, so that events elsewhere cost nothing."""
        call = exchange.call
        if call is not None and call.service == "events" and call.action == "PutRule":
            self._ruled.add((call.caller.account_id, call.region))

    def deliver(self, event: Event) -> None:
        if (event.account_id, event.region) not in self._ruled:
            return
        envelope = event.envelope() | {"time": event.time.timestamp()}  # the store writes it as ISO 8601 itself
        self._world.store.send_event(event.account_id, event.region, envelope)
