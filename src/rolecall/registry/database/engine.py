"""Opens the registry's database and brings its tables up to date. Reads and writes the database, nothing else.

SQLite's settings: https://sqlite.org/wal.html and https://sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    TimeoutError,
)
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from rolecall.errors import UsageError

AWAY = (OperationalError, InterfaceError, DisconnectionError, TimeoutError)
"""What says nothing of the statement: no connection, or a lock that somebody held for too long."""

_URL_HINT = "give a URL such as sqlite:////var/lib/rolecall/registry.db, in a directory that exists and can be written"
_BUSY_SECONDS = 10
_BUSY_PAUSE = 0.05
_MIGRATING = 0x526F6C65
"""A key of PostgreSQL's advisory locks, which no one else is likely to use."""
_ONLY_READS = {"rolecall_only_reads": True}


class Database:
    """An open database. Blocking: call it from a worker thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = sessionmaker(engine, expire_on_commit=False)
        self._reading = sessionmaker(engine.execution_options(**_ONLY_READS), expire_on_commit=False)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def transaction(self) -> AbstractContextManager[Session]:
        """A session that commits at the end of the block, and rolls back on an exception. SQLite lets one write."""
        return self._writing.begin()

    def reading(self) -> AbstractContextManager[Session]:
        """A session that only reads, and waits for nobody who writes."""
        return self._reading.begin()

    def ping(self) -> None:
        """Raises one of `AWAY` unless the database answers."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()


def open_database(url: str) -> Database:
    """Opens the database at an SQLAlchemy URL, made if it is a SQLite file that does not exist, and migrates it.

    Raises UsageError where that cannot be done, and where a newer rolecall has migrated it already.
    """
    parsed = parse_url(url)
    shown = parsed.set(query={}).render_as_string(hide_password=True)  # options may hold a password too
    try:
        engine = _engine(parsed)
        _migrate(engine)
    except (DBAPIError, OSError) as error:
        reason = str(error.orig) if isinstance(error, DBAPIError) else error.strerror or str(error)
        raise UsageError(f"cannot open the registry's database {shown}", detail=reason, hint=_URL_HINT) from error
    except CommandError as error:
        hint = "a newer rolecall has written it: run that one, or give another database"
        raise UsageError(f"cannot use the registry's database {shown}", detail=str(error), hint=hint) from error
    return Database(engine)


def parse_url(url: str) -> URL:
    """Raises UsageError for what is no URL of a database that the registry can use."""
    try:
        parsed = make_url(url)
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        # The URL itself stays out of the message: it may hold a password that could not be told apart.
        raise UsageError("the registry's database URL cannot be used", detail=str(error), hint=_URL_HINT) from error
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise UsageError("the registry needs a database that outlives it, not one in memory", hint=_URL_HINT)
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        waits = {} if "connect_timeout" in url.query else {"connect_timeout": _BUSY_SECONDS}
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=waits)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    _create_private(Path(url.database or ""))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private(file: Path) -> None:
    """Makes an empty file that only its owner reads; SQLite gives its journal files the same mode.

    From one that is there already it takes what everybody on the machine may do with it: somebody may have touched it.
    """
    opened = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        mode = stat.S_IMODE(os.fstat(opened).st_mode)
        if mode & stat.S_IRWXO:
            os.fchmod(opened, mode & ~stat.S_IRWXO)
    finally:
        os.close(opened)


def _begin_sqlite(connection: Connection) -> None:
    """Whoever will write takes the lock first: SQLite lets nobody wait who has read what another has changed since.

    https://sqlite.org/lang_transaction.html
    """
    reads = connection.get_execution_options().keys() >= _ONLY_READS.keys()
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin: the driver would only with the first change
    with closing(connection.cursor()) as cursor:
        _write_ahead(cursor)
        # NORMAL may lose the last commits when the power fails.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")


def _prepare_postgresql(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Waits for nobody's lock without end, as SQLite does not, unless the URL's options say for how long.

    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
    """
    with closing(connection.cursor()) as cursor:
        setting = "SELECT set_config('lock_timeout', %s, false) WHERE current_setting('lock_timeout') = '0'"
        cursor.execute(setting, (f"{_BUSY_SECONDS}s",))
    connection.commit()  # a rollback would take the setting back


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Puts the file into WAL mode. SQLite waits for locks, but not for the one that this takes, so we do."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_PAUSE)
        else:
            return


def migrations() -> Config:
    """Alembic's configuration. Who migrates gives it a `connection` among its attributes."""
    config = Config()
    config.set_main_option("script_location", "rolecall.registry.database:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _migrate(engine: Engine) -> None:
    config = migrations()
    # Two servers that start at once must not both make the tables; the second waits here.
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
