"""What is no sound database of a registry is neither restored nor backed up."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rolecall.errors import RolecallError, UsageError
from rolecall.registry.database.backup import back_up
from rolecall.registry.database.restore import restore

from .files import NOW, add, names, url


def _text(file: Path) -> None:
    file.write_text("no database " * 100)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut_short(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])


def _overwritten(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[8192:40960] = random.Random(7).randbytes(32768)
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
