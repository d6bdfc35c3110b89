"""Puts a backup in the place of a registry's SQLite file. Reads the backup; writes the database, keeps what it was.

One that exists is overwritten in one transaction of SQLite's own: who ends this in the middle, or takes the power away,
finds it as it was. https://sqlite.org/atomiccommit.html
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from rolecall.errors import RolecallError, UsageError
from rolecall.registry.audit.store import Entry, record
from rolecall.registry.database.backup import connect, copy, new_file, refuse_strange_journals, sqlite_file, sync_folder
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.schema import NotARegistry, verify

_HINT = (
    "PostgreSQL has its own, once the servers are stopped: "
    "pg_restore --clean --if-exists --single-transaction --dbname={shown} FILE"
)
_IN_USE = "stop the registry's servers and workers first"


def restore(database_url: str, file: Path, now: datetime, *, overwrite: bool = False) -> Path | None:
    """Makes the database what the backup holds, brings it up to date and notes that in its audit log.

    Returns where the database that was there is kept, or None where there was none. Raises UsageError for a database
    that is not SQLite's, that exists (unless `overwrite`) or that somebody uses, and for a file that is no backup of a
    registry or one of a newer rolecall; RolecallError where it cannot be written.
    """
    target = sqlite_file(database_url, _HINT)
    if not file.is_file():
        raise UsageError(f"there is no file {file}", hint="give what `rolecall registry backup` has written")
    try:
        with closing(connect(file, mode="ro")) as backup:
            _verify(backup, file)
            kept = _put(backup, target, now, overwrite=overwrite)
    except (sqlite3.Error, OSError) as error:
        raise RolecallError(f"cannot restore {file} to {target}", detail=f"{error}") from error
    _note(database_url, file, now)
    return kept


def _verify(backup: sqlite3.Connection, file: Path) -> None:
    try:
        verify(backup)
    except NotARegistry as error:
        raise UsageError(f"{file} cannot be restored", detail=f"{error}", hint="nothing was changed") from error


def _put(backup: sqlite3.Connection, target: Path, now: datetime, *, overwrite: bool) -> Path | None:
    if not target.exists():
        refuse_strange_journals(target)
        _make(backup, target)
        return None
    if not overwrite:
        raise UsageError(f"{target} exists already", hint="stop its servers, and say --overwrite: what it held is kept")
    return _replace(backup, target, now)


def _make(backup: sqlite3.Connection, target: Path) -> None:
    """Where a server has made the file since, the link fails, and neither is lost."""
    with new_file(target) as unfinished:
        copy(backup, unfinished)
        os.link(unfinished, target)
    sync_folder(target)


def _replace(backup: sqlite3.Connection, target: Path, now: datetime) -> Path:
    kept = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}")
    with _claimed(target) as database:
        with new_file(kept) as unfinished:
            copy(database, unfinished)
            os.link(unfinished, kept)
        sync_folder(kept)
        backup.backup(database)
    return kept


@contextmanager
def _claimed(target: Path) -> Iterator[sqlite3.Connection]:
    """The database, with nobody else's connection to it, and none let in until the end.

    SQLite leaves WAL mode only where one connection is left: https://sqlite.org/wal.html#activating_and_configuring_wal_mode
    """
    with closing(connect(target)) as database:
        try:
            database.execute("PRAGMA busy_timeout = 1000")
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA synchronous = EXTRA")
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise UsageError(f"{target} is in use", detail=f"{error}", hint=_IN_USE) from error
        except sqlite3.DatabaseError as error:
            hint = "move it out of the way, with its -wal and -shm files, and run this again"
            raise UsageError(f"{target} is no database that could be kept", detail=f"{error}", hint=hint) from error
        yield database


def _note(database_url: str, file: Path, now: datetime) -> None:
    database = open_database(database_url)
    try:
        with database.transaction() as session:
            record(
                session,
                Entry(
                    at=now,
                    event="database_restored",
                    subject=file.name,
                    verb="CLI",
                    route="rolecall registry restore",
                    response_status=0,
                    milliseconds=0,
                    user_name="command line",
                ),
            )
    finally:
        database.close()
