"""A database that may be away for a while, as a worker uses it: in threads, with patience. Reads and writes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from rolecall.registry.database.engine import AWAY, Database

P = ParamSpec("P")
T = TypeVar("T")

_SHORTEST, _LONGEST = 0.1, 5.0
"""Seconds between two tries."""
_log = logging.getLogger(__name__)


class DatabaseAway(Exception):
    """It does not answer. Nothing was written, as far as anybody can tell."""


class Persistence:
    """Functions of a session, each called in a transaction of its own. The log says when the database goes away, and
    when it is back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._failures = 0

    @property
    def pause(self) -> float:
        """Seconds to wait before the next try: none where the last one went well."""
        return min(_SHORTEST * 2**self._failures, _LONGEST) if self._failures else 0

    async def read(self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """Waits for nobody who writes. Raises DatabaseAway."""

        def reading() -> T:
            with self._database.reading() as session:
                return function(session, *arguments, **named)

        return await self._tried(reading)

    async def write(self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """Raises DatabaseAway."""

        def writing() -> T:
            with self._database.transaction() as session:
                return function(session, *arguments, **named)

        return await self._tried(writing)

    async def read_at_last(
        self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Waits for as long as the database is away."""
        while True:
            try:
                return await self.read(function, *arguments, **named)
            except DatabaseAway:
                await asyncio.sleep(self.pause)

    async def write_at_last(
        self, function: Callable[Concatenate[Session, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Waits for as long as the database is away. What it went away from may have been written: then it is again."""
        while True:
            try:
                return await self.write(function, *arguments, **named)
            except DatabaseAway:
                await asyncio.sleep(self.pause)

    async def _tried(self, call: Callable[[], T]) -> T:
        try:
            done = await asyncio.to_thread(call)
        except AWAY as error:
            self._failures += 1
            if self._failures == 1:
                _log.warning("database away", extra={"fields": {"error": _said(error)}})
            raise DatabaseAway from error
        if self._failures:
            _log.info("database back", extra={"fields": {"failures": self._failures}})
            self._failures = 0
        return done


def _said(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip()
