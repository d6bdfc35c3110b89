"""Tells listeners what happened. One that breaks is logged, and stops neither the others nor what it was told of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)


def tell(listeners: Iterable[Callable[[T], None]], what: T) -> None:
    for listener in listeners:
        try:
            listener(what)
        except Exception:
            _log.exception("a listener broke")
