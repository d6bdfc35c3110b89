"""Copies a registry's SQLite file while servers use it. Reads the database; writes one new file, whole or not at all.

SQLite's backup API copies in one step what was committed when it began; in WAL mode nobody who writes waits for it.
https://sqlite.org/backup.html
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from rolecall.errors import RolecallError, UsageError
from rolecall.registry.database.engine import parse_url
from rolecall.registry.database.schema import NotARegistry, verify

_WAIT_SECONDS = 10
_DUMP_HINT = "PostgreSQL has its own, which runs beside the servers: pg_dump --format=custom --file=FILE {shown}"


def back_up(database_url: str, file: Path, *, overwrite: bool = False) -> None:
    """Writes a backup that is verified and on the disk when this returns. Only its owner may read it.

    Raises UsageError for a database that is not SQLite's or not there, and for a file that exists unless `overwrite`;
    RolecallError where the copy cannot be written or the database is damaged.
    """
    source = sqlite_file(database_url, _DUMP_HINT)
    if not source.is_file():
        raise UsageError(f"there is no database {source}", hint="give --database, or ROLECALL_DATABASE")
    _refuse_target(file, source, overwrite=overwrite)
    try:
        with closing(connect(source)) as connection, new_file(file) as unfinished:
            copy(connection, unfinished)
            _verify(unfinished)
            unfinished.replace(file)
        sync_folder(file)
    except NotARegistry as error:
        hint = "give a registry's database"
        raise RolecallError(f"{source} was not backed up", detail=f"{error}", hint=hint) from error
    except (sqlite3.Error, OSError) as error:
        raise RolecallError(f"cannot back up {source} to {file}", detail=f"{error}") from error


def sqlite_file(database_url: str, otherwise: str) -> Path:
    """The file of an SQLite URL. UsageError for another, with the hint `otherwise`, which `{shown}` is filled in."""
    url = parse_url(database_url)
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "")
    hint = otherwise.format(shown=_without_password(url))
    raise UsageError(f"this copies SQLite files, and the database is {url.get_backend_name()}'s", hint=hint)


def _without_password(url: URL) -> str:
    """As libpq's tools take it, which ask for the password or read ~/.pgpass. No options: they may hold one."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    return f"'{bare.render_as_string()}'"


def connect(file: Path, *, mode: str = "rw") -> sqlite3.Connection:
    """Opens a file that exists. `mode`: `ro` or `rw`; a database that is written ahead takes `rw` to be read."""
    address = f"file:{quote(str(file.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Copies all into an empty file, which then is one file without a journal, and on the disk."""
    with closing(connect(target)) as made:
        source.backup(made)
        made.execute("PRAGMA journal_mode = DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """An empty file beside the one that is to be, for its owner only. Goes away unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
    finally:
        for left in (unfinished, Path(f"{name}-journal"), Path(f"{name}-wal"), Path(f"{name}-shm")):
            left.unlink(missing_ok=True)


def sync_folder(file: Path) -> None:
    """Puts the file's name on the disk too. https://man7.org/linux/man-pages/man2/fsync.2.html"""
    folder = os.open(file.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _verify(file: Path) -> None:
    with closing(connect(file, mode="ro")) as connection:
        verify(connection)


def refuse_strange_journals(file: Path) -> None:
    """Raises UsageError where a database that was here has left its journal: SQLite would play that into the new one.

    https://sqlite.org/howtocorrupt.html#mispairing_database_files_and_hot_journals
    """
    for journal in (Path(f"{file}{suffix}") for suffix in ("-wal", "-journal")):
        if journal.exists():
            hint = "move it out of the way: it belongs to a database that was here before"
            raise UsageError(f"{journal} is without its database", hint=hint)


def _refuse_target(file: Path, source: Path, *, overwrite: bool) -> None:
    if not file.exists():
        refuse_strange_journals(file)
        return
    if file.samefile(source):
        raise UsageError(f"{file} is the database itself", hint="give a file for the copy")
    if not overwrite:
        raise UsageError(f"{file} exists already", hint="give another name, or --overwrite")
