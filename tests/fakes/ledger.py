"""A ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rolecall.core.ledger import Entry
from rolecall.errors import ConfigError


@dataclass
class FakeLedger:
    """The `Ledger` port. `broken`: what is there cannot be read. `writes` are all that were written, in order."""

    entries: tuple[Entry, ...] = ()
    broken: bool = False
    writes: list[tuple[Entry, ...]] = field(default_factory=list)

    async def read(self) -> tuple[Entry, ...]:
        if self.broken:
            raise ConfigError("the ledger has 1 problem")
        return self.entries

    async def write(self, entries: Sequence[Entry]) -> None:
        await self.read()
        self.entries = tuple(entries)
        self.writes.append(self.entries)
