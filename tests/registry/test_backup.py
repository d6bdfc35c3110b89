"""Backup and restore of an SQLite database: while a server writes, killed in the middle, and given rubbish."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from rolecall.errors import RolecallError, UsageError
from rolecall.registry.accounts.store import Window
from rolecall.registry.audit.store import AuditQuery, Entry, find_all, record
from rolecall.registry.auth import Role
from rolecall.registry.database import schema
from rolecall.registry.database.backup import back_up
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.restore import restore
from rolecall.registry.server import Server, listen
from rolecall.registry.settings import Settings

from .conftest import Seed, aws_account
from .fakes import FakeProbe
from .postgres import Postgres, installed

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEPT = "registry.db.before-20260301T120000Z"
LARGE = 60_000
"""Rows that make some forty megabytes: enough for somebody to come in between."""


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def names(file: Path) -> list[object]:
    return [name for (name,) in rows(file, "SELECT account_name FROM accounts ORDER BY id")]


def add(file: Path, *accounts: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        insert = "INSERT INTO accounts (account_name, type, role_arn, added_at) VALUES (?, 'aws', 'x', '2026-01-01')"
        connection.executemany(insert, [(name,) for name in accounts])


def enlarge(file: Path) -> None:
    add(file, *(f"{number} {'x' * 200}" for number in range(LARGE)))


def is_sound(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        schema.verify(connection)
    return True


@contextmanager
def serving(server: Server) -> Iterator[None]:
    thread = threading.Thread(target=_run, args=[server])
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


def _run(server: Server) -> None:
    import asyncio

    asyncio.run(server.run_until_stopped())


@contextmanager
def rolecall(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`rolecall registry` as a process, which is ended at the end."""
    command = [sys.executable, "-m", "rolecall", "registry", *arguments]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_backup_is_one_private_file_that_holds_all(database_file: Path, tmp_path: Path) -> None:
    add(database_file, "prod", "staging")
    backup = tmp_path / "backups" / "registry.bak"
    backup.parent.mkdir()
    back_up(url(database_file), backup)
    assert names(backup) == ["prod", "staging"]
    assert len(rows(backup, "SELECT * FROM api_keys")) == len(Role)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert rows(backup, "PRAGMA journal_mode") == [("delete",)]
    assert [path.name for path in backup.parent.iterdir()] == ["registry.bak"]
    assert is_sound(backup)


def test_a_backup_replaces_nothing_unless_told(database_file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "registry.bak"
    backup.write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        back_up(url(database_file), backup)
    assert backup.read_text() == "precious"
    back_up(url(database_file), backup, overwrite=True)
    assert is_sound(backup)
    with pytest.raises(UsageError, match="is the database itself"):
        back_up(url(database_file), database_file, overwrite=True)


def test_what_a_server_had_answered_is_in_the_backup_and_nothing_by_halves(
    settings: Settings, probe: FakeProbe, seed: Seed, database_file: Path, tmp_path: Path
) -> None:
    """Backups while thirty accounts are added in a row: each holds the first so many, and no fewer than were told."""
    server = listen(settings, probe, port=0)
    added: list[str] = []
    stop = threading.Event()
    headers = {"Authorization": f"Bearer {seed.keys[Role.ADMINISTRATOR]}"}

    def write() -> None:
        with httpx.Client(base_url=f"{server.url}/api/v3", headers=headers) as api:
            while not stop.is_set():
                name = f"account {len(added)}"
                assert api.post("/accounts", json=aws_account(name)).status_code == 201
                added.append(name)

    with serving(server), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        for number in itertools.count():
            before = len(added)
            if before >= 30:
                break
            back_up(url(database_file), tmp_path / f"{number}.bak")
            held = names(tmp_path / f"{number}.bak")
            assert held == [f"account {index}" for index in range(len(held))]
            assert len(held) >= before
            assert is_sound(tmp_path / f"{number}.bak")
        stop.set()
        writing.result()
    assert len(list(tmp_path.glob("*.bak"))) >= 5


def test_a_killed_backup_leaves_what_was_there(database_file: Path, tmp_path: Path) -> None:
    enlarge(database_file)
    backup = tmp_path / "backups" / "registry.bak"
    backup.parent.mkdir()
    backup.write_text("yesterday's")
    killed = 0
    for _ in range(5):
        with rolecall(tmp_path, "backup", "--overwrite", "--database", url(database_file), str(backup)) as process:
            killed += _killed_once(process, lambda: any(path.stat().st_size for path in backup.parent.glob(".*.part")))
            assert backup.read_text() == "yesterday's"
            _clear(backup.parent, but=backup)
    assert killed == 5
    back_up(url(database_file), backup, overwrite=True)
    assert is_sound(backup)


def _clear(folder: Path, *, but: Path) -> None:
    for path in folder.iterdir():
        if path != but:
            path.unlink()


def _killed_once(process: subprocess.Popen[str], seen: Callable[[], bool]) -> bool:
    """Whether SIGKILL ended it, sent as soon as `seen`."""
    while process.poll() is None and not seen():
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def test_a_restored_database_is_the_backups_and_its_audit_log_says_so(database_file: Path, tmp_path: Path) -> None:
    add(database_file, "prod")
    backup = tmp_path / "registry.bak"
    back_up(url(database_file), backup)
    lines = rows(database_file, "SELECT * FROM audit_log")
    add(database_file, "later")
    assert restore(url(database_file), backup, NOW, overwrite=True) == tmp_path / KEPT
    assert names(database_file) == ["prod"]
    assert rows(database_file, "SELECT event, subject FROM audit_log")[len(lines) :] == [
        ("database_restored", "registry.bak")
    ]
    assert names(tmp_path / KEPT) == ["prod", "later"]
    assert stat.S_IMODE((tmp_path / KEPT).stat().st_mode) == 0o600
    assert names(backup) == ["prod"]


def test_a_database_is_made_where_there_is_none(database_file: Path, tmp_path: Path) -> None:
    add(database_file, "prod")
    backup, other = tmp_path / "registry.bak", tmp_path / "other.db"
    back_up(url(database_file), backup)
    backup.chmod(0o400)
    assert restore(url(other), backup, NOW) is None
    assert names(other) == ["prod"]
    assert stat.S_IMODE(other.stat().st_mode) == 0o600


def test_an_older_backup_is_brought_up_to_date(tmp_path: Path, database_file: Path) -> None:
    """And may take the place of a newer rolecall's database, which is kept: so one goes back."""
    old = tmp_path / "old.bak"
    _migrated_to("0001", old)
    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    restore(url(database_file), old, NOW, overwrite=True)
    assert is_sound(database_file)
    assert rows(tmp_path / KEPT, "SELECT version_num FROM alembic_version") == [("9999",)]


def _migrated_to(version: str, file: Path) -> None:
    from alembic import command
    from sqlalchemy import create_engine

    from rolecall.registry.database.engine import migrations

    engine, config = create_engine(url(file)), migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def test_a_database_that_exists_is_left_alone_unless_told(database_file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "registry.bak"
    back_up(url(database_file), backup)
    add(database_file, "later")
    with pytest.raises(UsageError, match="exists already"):
        restore(url(database_file), backup, NOW)
    assert names(database_file) == ["later"]


def test_a_database_that_a_server_uses_is_not_replaced(
    settings: Settings, probe: FakeProbe, database_file: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "registry.bak"
    back_up(url(database_file), backup)
    add(database_file, "later")
    server = listen(settings, probe, port=0)
    with serving(server):
        with pytest.raises(UsageError, match="in use") as caught:
            restore(url(database_file), backup, NOW, overwrite=True)
        assert "stop" in caught.value.hint
        assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert names(database_file) == ["later"]
    restore(url(database_file), backup, NOW, overwrite=True)
    assert names(database_file) == []


def test_a_killed_restore_leaves_the_database_as_it_was(database_file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "registry.bak"
    enlarge(database_file)
    back_up(url(database_file), backup)
    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.execute("DELETE FROM accounts WHERE id > 1")
    add(database_file, "later")
    expected = names(database_file)
    journal = tmp_path / "registry.db-journal"
    killed = 0
    for _ in range(5):
        with rolecall(tmp_path, "restore", "--overwrite", "--database", url(database_file), str(backup)) as process:
            killed += _killed_once(process, lambda: journal.exists() and journal.stat().st_size > 0)
        assert names(database_file) == expected
        assert is_sound(database_file)
        for kept in tmp_path.glob("*.before-*"):
            assert names(kept) == expected
            kept.unlink()
    assert killed == 5
    restore(url(database_file), backup, NOW, overwrite=True)
    assert len(names(database_file)) == LARGE


def test_a_killed_restore_to_where_nothing_was_leaves_nothing(database_file: Path, tmp_path: Path) -> None:
    enlarge(database_file)
    backup, folder = tmp_path / "registry.bak", tmp_path / "new"
    folder.mkdir()
    back_up(url(database_file), backup)
    with rolecall(tmp_path, "restore", "--database", url(folder / "registry.db"), str(backup)) as process:
        assert _killed_once(process, lambda: any(path.stat().st_size for path in folder.glob(".*.part")))
    assert not (folder / "registry.db").exists()


def test_a_server_that_starts_during_a_restore_serves_what_was_restored(database_file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "registry.bak"
    enlarge(database_file)
    back_up(url(database_file), backup)
    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.execute("DELETE FROM accounts")
    journal = tmp_path / "registry.db-journal"
    with rolecall(tmp_path, "restore", "--overwrite", "--database", url(database_file), str(backup)) as process:
        while not journal.exists():
            assert process.poll() is None
            time.sleep(0.001)
        opened = open_database(url(database_file))
        assert process.wait() == 0
    opened.close()
    assert len(names(database_file)) == LARGE


def _text(file: Path) -> None:
    file.write_text("no database " * 100)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut_short(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])


def _overwritten(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[8192:40960] = os.urandom(32768)
    file.write_bytes(whole)


def _of_another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE accounts (id INTEGER)")


def _newer(file: Path) -> None:
    _change(file, "UPDATE alembic_version SET version_num = '9999'")


def _without_a_version(file: Path) -> None:
    _change(file, "DELETE FROM alembic_version")


def _without_a_table(file: Path) -> None:
    _change(file, "DROP TABLE api_keys")


def _without_the_audit_logs_guard(file: Path) -> None:
    _change(file, "DROP TRIGGER audit_log_no_delete")


def _with_a_guard_that_lets_through(file: Path) -> None:
    _change(file, "DROP TRIGGER audit_log_no_delete")
    _change(file, "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT 1; END")


def _change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)


RUBBISH: dict[Callable[[Path], None], str] = {
    _text: "not a database",
    _empty: "not a registry's",
    _cut_short: "malformed|damaged",
    _overwritten: "malformed|damaged|not a database",
    _of_another_program: "not a registry's",
    _newer: "newer rolecall",
    _without_a_version: "newer rolecall",
    _without_a_table: "api_keys",
    _without_the_audit_logs_guard: "audit_log_no_delete",
    _with_a_guard_that_lets_through: "audit_log_no_delete",
}


@pytest.mark.parametrize("spoil", RUBBISH, ids=lambda spoil: spoil.__name__)
def test_what_is_no_backup_is_refused_and_nothing_is_touched(
    spoil: Callable[[Path], None], database_file: Path, tmp_path: Path
) -> None:
    add(database_file, "prod")
    backup = tmp_path / "registry.bak"
    back_up(url(database_file), backup)
    spoil(backup)
    for target in (database_file, tmp_path / "new.db"):
        with pytest.raises(UsageError, match="cannot be restored") as caught:
            restore(url(target), backup, NOW, overwrite=True)
        assert any(word in caught.value.detail for word in RUBBISH[spoil].split("|")), caught.value.detail
    assert names(database_file) == ["prod"]
    assert not (tmp_path / "new.db").exists()
    assert not list(tmp_path.glob("*.before-*"))


@pytest.mark.parametrize("spoil", RUBBISH, ids=lambda spoil: spoil.__name__)
def test_what_is_no_sound_database_is_not_backed_up(
    spoil: Callable[[Path], None], database_file: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(database_file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    spoil(database_file)
    backup = tmp_path / "backups" / "registry.bak"
    backup.parent.mkdir()
    with pytest.raises(RolecallError):
        back_up(url(database_file), backup)
    assert not list(backup.parent.iterdir())


def test_a_broken_database_is_not_thrown_away(database_file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "registry.bak"
    back_up(url(database_file), backup)
    database_file.write_text("no database " * 100)
    with pytest.raises(UsageError, match="no database that could be kept") as caught:
        restore(url(database_file), backup, NOW, overwrite=True)
    assert "move it" in caught.value.hint
    assert database_file.read_text().startswith("no database")


def test_what_is_not_there_is_said(database_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no database"):
        back_up(url(tmp_path / "absent.db"), tmp_path / "registry.bak")
    assert not (tmp_path / "absent.db").exists()
    with pytest.raises(UsageError, match="there is no file"):
        restore(url(database_file), tmp_path / "absent.bak", NOW)
    with pytest.raises(RolecallError, match="cannot back up"):
        back_up(url(database_file), tmp_path / "absent" / "registry.bak")


def test_postgresql_is_left_to_its_own_tools_without_its_password(tmp_path: Path) -> None:
    database = "postgresql+psycopg://rolecall:canary-1@db.example:5433/registry?password=canary-2"
    with pytest.raises(UsageError) as caught:
        back_up(database, tmp_path / "registry.bak")
    assert "pg_dump --format=custom --file=FILE 'postgresql://rolecall@db.example:5433/registry'" in caught.value.hint
    backup = tmp_path / "some.bak"
    backup.touch()
    with pytest.raises(UsageError) as restoring:
        restore(database, backup, NOW)
    assert "pg_restore --clean" in restoring.value.hint
    for error in (caught.value, restoring.value):
        assert "canary" not in f"{error.summary} {error.detail} {error.hint}"


def test_postgresqls_own_tools_do_it_as_they_are_told(postgres: Postgres, tmp_path: Path) -> None:
    """The lines of the hints, on a real server; the audit log comes back with its guards."""
    source, target = postgres.new_database(), postgres.new_database()
    line = Entry(NOW, "account_added", "prod", "POST", "/api/v3/accounts", 201, 1.0)
    database = open_database(source)
    with database.transaction() as session:
        record(session, line)
    database.close()
    dump = tmp_path / "registry.dump"
    dump.touch()
    hints = {source: _hint_of(back_up, source, tmp_path / "x"), target: _hint_of(restore, target, dump, NOW)}
    for way, hint in hints.items():
        command = hint.split(": ", 1)[1].replace("FILE", str(dump))
        environment = os.environ | {"PGHOST": str(make_url(way).query["host"])}
        environment["PATH"] = f"{installed()}:{environment['PATH']}"
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    database = open_database(target)
    with database.transaction() as session:
        assert [row.subject for row in find_all(session, AuditQuery(), Window(1, 10))[0]] == ["prod"]
    with pytest.raises(DBAPIError, match="only grows"), database.transaction() as session:
        session.execute(text("DELETE FROM audit_log"))
    database.close()


def _hint_of(call: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(UsageError) as caught:
        call(*arguments)
    return caught.value.hint


def test_the_commands_say_what_they_did(database_file: Path, tmp_path: Path) -> None:
    with rolecall(tmp_path, "backup", "--database", url(database_file), "registry.bak") as process:
        assert (process.communicate()[1], process.returncode) == ("Backed up to registry.bak\n", 0)
    with rolecall(tmp_path, "restore", "--database", url(database_file), "registry.bak") as process:
        assert "exists already" in process.communicate()[1]
        assert process.returncode == 2
    with rolecall(tmp_path, "restore", "--overwrite", "--database", url(database_file), "registry.bak") as process:
        said = process.communicate()[1]
    assert process.returncode == 0
    assert "is kept as" in said
    assert "Keys that were revoked since" in said
