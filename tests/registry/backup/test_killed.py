"""Backups and restores that are killed in the middle leave what was there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from rolecall.registry.database.backup import back_up
from rolecall.registry.database.restore import restore

from .files import LARGE, NOW, add, enlarge, is_sound, killed_once, names, rolecall, url


def test_a_killed_backup_leaves_what_was_there(database_file: Path, tmp_path: Path) -> None:
    enlarge(database_file)
    backup = tmp_path / "backups" / "registry.bak"
    backup.parent.mkdir()
    backup.write_text("yesterday's")
    killed = 0
    for _ in range(5):
        with rolecall(tmp_path, "backup", "--overwrite", "--database", url(database_file), str(backup)) as process:
            killed += killed_once(process, lambda: any(path.stat().st_size for path in backup.parent.glob(".*.part")))
            assert backup.read_text() == "yesterday's"
            _clear(backup.parent, but=backup)
    assert killed == 5
    back_up(url(database_file), backup, overwrite=True)
    assert is_sound(backup)


def _clear(folder: Path, *, but: Path) -> None:
    for path in folder.iterdir():
        if path != but:
            path.unlink()


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
            killed += killed_once(process, lambda: journal.exists() and journal.stat().st_size > 0)
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
        assert killed_once(process, lambda: any(path.stat().st_size for path in folder.glob(".*.part")))
    assert not (folder / "registry.db").exists()
