"""What an SQLite file must hold to be a registry's database. Reads the file that it is given, and writes none."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from rolecall.registry.database.engine import migrations

Objects = Mapping[tuple[str, str], str | None]
"""Type and name of tables, indexes and triggers; of triggers also the text, which holds promises."""

_OBJECTS = "SELECT type, name, CASE type WHEN 'trigger' THEN sql END FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"


class NotARegistry(Exception):
    """The file is no database of the registry, or one of a newer rolecall, or a broken one. Its text says which."""


def verify(connection: sqlite3.Connection) -> str:
    """The schema's version, once the whole file was read and found sound. Raises NotARegistry."""
    try:
        version = _version(connection)
        _refuse_damage(connection)
        _refuse_changes(connection, version)
    except sqlite3.DatabaseError as error:
        raise NotARegistry(f"SQLite says: {error}") from error
    return version


def _version(connection: sqlite3.Connection) -> str:
    if ("table", "alembic_version") not in _objects(connection):
        raise NotARegistry("it is an SQLite database, but not a registry's")
    version = ", ".join(text for (text,) in connection.execute("SELECT version_num FROM alembic_version"))
    known = {script.revision for script in ScriptDirectory.from_config(migrations()).walk_revisions()}
    if version not in known:
        raise NotARegistry(f"a newer rolecall has written it: its schema is {version or 'none'}")
    return version


def _refuse_damage(connection: sqlite3.Connection) -> None:
    problems = [text for (text,) in connection.execute("PRAGMA integrity_check(3)") if text != "ok"]
    if problems:
        raise NotARegistry(f"it is damaged: {'; '.join(problems)}")


def _refuse_changes(connection: sqlite3.Connection, version: str) -> None:
    found = _objects(connection)
    changed = [name for (kind, name), text in _made_by(version).items() if found.get((kind, name), "") != text]
    if changed:
        raise NotARegistry(f"it lacks what a registry's database has, or has it changed: {', '.join(sorted(changed))}")


def _objects(connection: sqlite3.Connection) -> Objects:
    return {(kind, name): text for kind, name, text in connection.execute(_OBJECTS)}


def _made_by(version: str) -> Objects:
    """What the migrations make up to this version, in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    with closing(engine.raw_connection()) as raw:
        made = _objects(raw.driver_connection)  # type: ignore[arg-type]
    engine.dispose()
    return made
