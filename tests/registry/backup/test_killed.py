"""Backups and restores that are killed in the middle leave what was there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from rolecall.registry.database.backup import back_up
from rolecall.registry.database.restore import restore

from .files import LARGE, NOW, SHARES, add, enlarge, halted, is_sound, killed, names, url


def test_a_killed_backup_leaves_what_was_there(database_file: Path, tmp_path: Path) -> None:
    enlarge(database_file)
    backup = tmp_path / "backups" / "registry.bak"
    backup.parent.mkdir()
    backup.write_text("yesterday's")
    command = ("backup", "--overwrite", "--database", url(database_file), str(backup))
    for share in SHARES:
        with halted(tmp_path, 1, share, *command) as process:
            assert any(path.stat().st_size for path in backup.parent.glob(".*.part"))
            assert killed(process)
        assert backup.read_text() == "yesterday's"
        _clear(backup.parent, but=backup)
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
    command = ("restore", "--overwrite", "--database", url(database_file), str(backup))
    for share in SHARES:  # of the second copy: the first one keeps what was there
        with halted(tmp_path, 2, share, *command) as process:
            assert journal.stat().st_size > 0
            assert killed(process)
        assert names(database_file) == expected
        assert is_sound(database_file)
        for kept in tmp_path.glob("*.before-*"):
            assert names(kept) == expected
            kept.unlink()
    restore(url(database_file), backup, NOW, overwrite=True)
    assert len(names(database_file)) == LARGE


def test_a_killed_restore_to_where_nothing_was_leaves_nothing(database_file: Path, tmp_path: Path) -> None:
    enlarge(database_file)
    backup, folder = tmp_path / "registry.bak", tmp_path / "new"
    folder.mkdir()
    back_up(url(database_file), backup)
    with halted(tmp_path, 1, 0.5, "restore", "--database", url(folder / "registry.db"), str(backup)) as process:
        assert any(path.stat().st_size for path in folder.glob(".*.part"))
        assert killed(process)
    assert not (folder / "registry.db").exists()
