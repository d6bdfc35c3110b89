"""Backup of an SQLite database, also while a server writes it."""

from __future__ import annotations

import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from rolecall.errors import RolecallError, UsageError
from rolecall.registry.auth import Role
from rolecall.registry.database.backup import back_up
from rolecall.registry.database.restore import restore
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings

from ..conftest import Seed, aws_account
from ..fakes import FakeProbe
from .files import NOW, add, is_sound, names, rolecall, rows, serving, url


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
    """Backups while accounts are added one after another: each holds the first so many, and no fewer than were told."""
    server = listen(settings, probe, port=0)
    added: list[str] = []
    stop = threading.Event()
    headers = {"Authorization": f"Bearer {seed.keys[Role.ADMINISTRATOR]}"}

    def write() -> None:
        with httpx.Client(base_url=f"{server.url}/api/v3", headers=headers, timeout=60) as api:
            while not stop.is_set():
                name = f"account {len(added)}"
                assert api.post("/accounts", json=aws_account(name)).status_code == 201
                added.append(name)

    def told_more_than(count: int) -> int:
        while len(added) <= count and not writing.done():
            time.sleep(0.001)
        return len(added)

    with serving(server), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            for number in range(5):
                before = told_more_than(5 * number)
                backup = tmp_path / f"{number}.bak"
                back_up(url(database_file), backup)
                held = names(backup)
                assert held == [f"account {index}" for index in range(len(held))]
                assert len(held) >= before
                assert is_sound(backup)
        finally:
            stop.set()
        writing.result()


def test_what_is_not_there_is_said(database_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no database"):
        back_up(url(tmp_path / "absent.db"), tmp_path / "registry.bak")
    assert not (tmp_path / "absent.db").exists()
    with pytest.raises(UsageError, match="there is no file"):
        restore(url(database_file), tmp_path / "absent.bak", NOW)
    with pytest.raises(RolecallError, match="cannot back up"):
        back_up(url(database_file), tmp_path / "absent" / "registry.bak")


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
