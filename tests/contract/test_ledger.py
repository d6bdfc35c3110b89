"""The `Ledger` port, on the fake and on the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rolecall.core.ids import AccountId
from rolecall.errors import ConfigError
from rolecall.ports import Ledger
from rolecall.wiring.ledger_file import LedgerFile
from tests.core.test_ledger import entry
from tests.fakes.ledger import FakeLedger

OTHER = AccountId("100000000005")


def files(folder: Path) -> list[str]:
    return [found.name for found in folder.iterdir()]


@pytest.fixture(params=["fake", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return FakeLedger() if request.param == "fake" else LedgerFile(tmp_path / "ledger.json")


@pytest.fixture(params=["fake", "file"])
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    (tmp_path / "ledger.json").write_text("somebody's own notes")
    return FakeLedger(broken=True) if request.param == "fake" else LedgerFile(tmp_path / "ledger.json")


async def test_there_is_nothing_in_it_at_first(ledger: Ledger) -> None:
    assert await ledger.read() == ()


async def test_what_is_written_is_read(ledger: Ledger) -> None:
    await ledger.write([entry(), entry(OTHER)])
    assert await ledger.read() == (entry(), entry(OTHER))


async def test_it_is_written_as_a_whole(ledger: Ledger) -> None:
    await ledger.write([entry(), entry(OTHER)])
    await ledger.write([entry(OTHER)])
    assert await ledger.read() == (entry(OTHER),)
    await ledger.write([])
    assert await ledger.read() == ()


async def test_one_that_cannot_be_read_is_neither_read_nor_written(broken: Ledger, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        await broken.read()
    for entries in ([entry()], []):
        with pytest.raises(ConfigError):
            await broken.write(entries)
    assert (tmp_path / "ledger.json").read_text() == "somebody's own notes"


async def test_the_file_is_gone_when_nothing_is_left(tmp_path: Path) -> None:
    ledger = LedgerFile(tmp_path / "ledger.json")
    await ledger.write([])
    await ledger.write([entry()])
    assert files(tmp_path) == ["ledger.json"]
    await ledger.write([])
    assert files(tmp_path) == []


async def test_a_link_stays_and_the_file_that_it_names_is_written(tmp_path: Path) -> None:
    shared = tmp_path / "shared.json"
    (tmp_path / "ledger.json").symlink_to(shared)
    await LedgerFile(tmp_path / "ledger.json").write([entry()])
    assert (tmp_path / "ledger.json").is_symlink()
    assert await LedgerFile(shared).read() == (entry(),)


async def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = LedgerFile(tmp_path / "ledger.json")
    await ledger.write([entry()])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError) as refused:
        await ledger.write([entry(OTHER)])
    assert refused.value.detail == "No space left on device"
    assert files(tmp_path) == ["ledger.json"]
    assert await ledger.read() == (entry(),)


async def test_where_there_is_no_folder_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        await LedgerFile(tmp_path / "nowhere" / "ledger.json").write([entry()])
    assert "cannot be written" in refused.value.summary
