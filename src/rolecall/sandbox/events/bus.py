"""Delivery to the rules that somebody made through the EventBridge API. Works on the world's store.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html

On AWS the events of API calls reach a bus only where a trail logs; the sandbox takes that for given.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from rolecall.sandbox.events import Event
from rolecall.sandbox.events.inputs import input_of
from rolecall.sandbox.events.targets import Place, Target, send
from rolecall.sandbox.stored import StoredRule
from rolecall.sandbox.wire import WireError
from rolecall.sandbox.world import World

_log = logging.getLogger(__name__)
_BUS = "event-bus/"


class Bus:
    """The store keeps rules and matches their patterns. What a target does not take is logged: nobody waits for it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def deliver(self, event: Event) -> None:
        self._offer(event.account_id, event.region, "default", event.envelope())

    def _offer(
        self, account_id: str, region: str, bus: str, envelope: Mapping[str, Any], *, received: bool = False
    ) -> None:
        for rule in self._world.store.rules(account_id, region, bus):
            if _matches(rule, envelope):
                for target in rule.targets:
                    self._send(rule, target, envelope, received=received)

    def _send(self, rule: StoredRule, target: Target, envelope: Mapping[str, Any], *, received: bool) -> None:
        try:
            place = Place.of(target)
            if place.service == "events" and place.resource.startswith(_BUS):
                self._pass_on(place, envelope, received=received)
            else:
                text = input_of(target, envelope, rule, self._world.now())
                send(self._world.store, target, text, rule.name)
        except Exception as error:
            bug = not isinstance(error, WireError)
            _log.warning("rule %s: %s did not take an event: %s", rule.name, target["Arn"], error, exc_info=bug)

    def _pass_on(self, place: Place, envelope: Mapping[str, Any], *, received: bool) -> None:
        """The event as it is, to another bus. What came from another bus goes no further.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
        """
        if not received:
            name = place.resource.removeprefix(_BUS)
            self._offer(place.account_id, place.region, name, envelope, received=True)


def _matches(rule: StoredRule, envelope: Mapping[str, Any]) -> bool:
    try:
        return rule.matches(envelope)
    except Exception:
        _log.warning("the pattern of rule %s cannot be matched", rule.name, exc_info=True)
        return False
