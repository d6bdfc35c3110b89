"""What a target gets of an event: the whole, a part, a text of its own, or a template that is filled in. Pure.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html

A path that leads nowhere gives no text, and an empty string where JSON wants a value: the latter is a guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rolecall.sandbox.stored import StoredRule

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\*)\]")
_TOKEN = re.compile(r'\\.|"|<([\w.-]+)>', re.DOTALL)


def input_of(target: Mapping[str, Any], event: Mapping[str, Any], rule: StoredRule, now: datetime) -> str:
    """The text for a target, as PutTargets describes it."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if transformer is None:
        return json.dumps(event)
    paths: Mapping[str, str] = transformer.get("InputPathsMap") or {}
    values = {name: _at(event, path) for name, path in paths.items()}
    return _filled(transformer["InputTemplate"], values | _reserved(event, rule, now))


def _reserved(event: Mapping[str, Any], rule: StoredRule, now: datetime) -> dict[str, Any]:
    return {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }


def _at(event: Mapping[str, Any], path: str) -> Any:
    """What a path such as `$.resources[0]` leads to, or None."""
    steps = [match[1] or match[2] for match in _STEP.finditer(path)]
    return _below(event, steps)


def _below(value: Any, steps: Sequence[str]) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if step == "*":
        items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return [_below(item, rest) for item in items]
    if isinstance(value, Mapping):
        return _below(value.get(step), rest)
    inside = isinstance(value, list) and step.isdecimal() and int(step) < len(value)
    return _below(value[int(step)], rest) if inside else None


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Within quotation marks values are text; elsewhere they are JSON, so that the template need not quote them."""
    quoted = False

    def fill(match: re.Match[str]) -> str:
        nonlocal quoted
        quoted ^= match[0] == '"'
        if match[1] is None or match[1] not in values:
            return match[0]
        value = "" if values[match[1]] is None else values[match[1]]
        return _text(value) if quoted else json.dumps(value)

    return _TOKEN.sub(fill, template)


def _text(value: Any) -> str:
    """AWS takes the quotation marks out of objects that stand within a string."""
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")
