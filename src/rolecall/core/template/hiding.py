"""The values in a template that nobody is to see whole: external ids, and what the console hides. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rolecall.core.masking import masked
from rolecall.core.template.resolving import listed, resolved

_KEY = "sts:externalid"
_IN_NAMES = "externalid"
_NONE = ("", "none", "noexternalidrequired")
_SHORT = 6
"""Characters. A shorter one is only hidden where it stands by itself: it may be a part of any word."""


def secrets_in(document: Mapping[str, Any], values: Mapping[str, str]) -> frozenset[str]:
    """Whatever a condition asks for as external id, parameters that are called so, and those with NoEcho."""
    found = {*_asked_for(document.get("Resources"), values), *_parameters(document.get("Parameters"), values)}
    return frozenset(value for value in found if value.lower() not in _NONE)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret in it masked; the longest first, since one may hold another."""
    for secret in sorted(secrets, key=len, reverse=True):
        form = re.escape(secret)
        text = re.sub(rf"(?<!\w){form}(?!\w)" if len(secret) < _SHORT else form, lambda found: masked(found[0]), text)
    return text


def _asked_for(value: Any, values: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            if str(key).lower() == _KEY:
                yield from _plain(below, values)
            yield from _asked_for(below, values)
    elif isinstance(value, list):
        for below in value:
            yield from _asked_for(below, values)


def _plain(value: Any, values: Mapping[str, str]) -> Iterator[str]:
    """Values as they are filled, and the strings within functions that stay as they stand, but for their names."""
    for item in listed(value):
        if not isinstance(item, Mapping) or next(iter(item), "") in ("Ref", "Fn::Sub"):
            yield resolved(item, values)
        else:
            yield from (part for below in item.values() for part in _strings(below, values))


def _strings(value: Any, values: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _plain(value, values)
    elif isinstance(value, list):
        yield from (part for below in value for part in _strings(below, values))


def _parameters(declared: Any, values: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        told = declared.get(name) if isinstance(declared, Mapping) else None
        no_echo = isinstance(told, Mapping) and str(told.get("NoEcho", "")).lower() == "true"
        if no_echo or _IN_NAMES in re.sub(r"[^a-z0-9]", "", name.lower()):
            yield value
