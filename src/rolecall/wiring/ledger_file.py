"""The ledger in a file beside the config. See docs/adr/0017-ledger.md."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rolecall.core.ledger import Entry, from_json, to_json
from rolecall.errors import ConfigError
from rolecall.wiring.text_file import read_text
from rolecall.wiring.whole_file import replace_whole

_KIND = "ledger"
_LARGEST = 50_000_000
"""Bytes: an entry takes about 500, and there is one for each stack that was left behind."""


class LedgerFile:
    """The `Ledger` port. There is no file while nothing is left behind; a link to one stays a link."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> tuple[Entry, ...]:
        if not self._is_there():
            return ()
        return from_json(read_text(self._path, _KIND, largest=_LARGEST), str(self._path))

    async def write(self, entries: Sequence[Entry]) -> None:
        """Reads it first, so that a file which is none of ours is never overwritten."""
        await self.read()
        try:
            self._put(entries)
        except OSError as error:
            hint = "check that its folder exists and may be written to, or name another file with deployment.ledger"
            detail = error.strerror or str(error)
            raise ConfigError(f"the ledger {self._path} cannot be written", detail=detail, hint=hint) from error

    def _put(self, entries: Sequence[Entry]) -> None:
        path = Path(os.path.realpath(self._path))
        if entries:
            replace_whole(path, to_json(entries))
        else:
            path.unlink(missing_ok=True)

    def _is_there(self) -> bool:
        """A link that names no file yet counts as none."""
        return self._path.exists()
