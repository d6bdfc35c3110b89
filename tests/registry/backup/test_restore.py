"""Restore of an SQLite database: what it takes the place of, and when it does not."""

from __future__ import annotations

import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rolecall.errors import UsageError
from rolecall.registry.database.backup import back_up
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.restore import restore
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings

from ..fakes import FakeProbe
from .files import KEPT, LARGE, NOW, add, enlarge, halted, is_sound, names, rows, serving, url


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


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_what_another_database_has_left_is_not_played_into_the_new_one(
    suffix: str, database_file: Path, tmp_path: Path
) -> None:
    backup, other = tmp_path / "registry.bak", tmp_path / "other.db"
    back_up(url(database_file), backup)
    left = tmp_path / f"other.db{suffix}"
    left.write_bytes(b"frames")
    with pytest.raises(UsageError, match="without its database"):
        restore(url(other), backup, NOW)
    with pytest.raises(UsageError, match="without its database"):
        back_up(url(database_file), other)
    assert not other.exists()
    assert left.read_bytes() == b"frames"


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
        assert httpx.get(f"{server.url}/healthz", timeout=60).status_code == 200
    assert names(database_file) == ["later"]
    restore(url(database_file), backup, NOW, overwrite=True)
    assert names(database_file) == []


def test_a_server_that_starts_during_a_restore_serves_what_was_restored(database_file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "registry.bak"
    enlarge(database_file)
    back_up(url(database_file), backup)
    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.execute("DELETE FROM accounts")
    command = ("restore", "--overwrite", "--database", url(database_file), str(backup))
    with halted(tmp_path, 2, 0.5, *command) as process, ThreadPoolExecutor(1) as pool:
        starting = pool.submit(open_database, url(database_file))
        time.sleep(0.2)
        assert not starting.done(), "it waits for the restore"
        process.communicate("go on\n")
        assert process.returncode == 0
        opened = starting.result()
    opened.close()
    assert len(names(database_file)) == LARGE


def test_a_broken_database_is_not_thrown_away(database_file: Path, tmp_path: Path) -> None:
    backup = tmp_path / "registry.bak"
    back_up(url(database_file), backup)
    database_file.write_text("no database " * 100)
    with pytest.raises(UsageError, match="no database that could be kept") as caught:
        restore(url(database_file), backup, NOW, overwrite=True)
    assert "move it" in caught.value.hint
    assert database_file.read_text().startswith("no database")
