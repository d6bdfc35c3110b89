from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rolecall.cli.files import write_atomically
from rolecall.errors import UsageError


def test_a_file_is_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_atomically(tmp_path / "plan.json", "one")
    write_atomically(tmp_path / "plan.json", "two")
    assert (tmp_path / "plan.json").read_text() == "two"
    assert [found.name for found in tmp_path.iterdir()] == ["plan.json"]


def test_what_cannot_be_encoded_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    write_atomically(tmp_path / "plan.json", "one")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "plan.json", "\ud800")
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("plan.json", "one")]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_the_file_that_it_names_is_written(tmp_path: Path, there: bool) -> None:
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real.json", tmp_path / "link.json"
    if there:
        real.write_text("old")
    link.symlink_to("folder/real.json")
    write_atomically(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_pipe_is_written_through_and_stays(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_atomically(pipe, "all of it")
    reader.join(timeout=60)
    assert read == ["all of it"]
    assert pipe.is_fifo()


def test_standard_output_can_be_named(tmp_path: Path) -> None:
    """By a link such as /dev/stdout; not by that one, which a defect here would replace for the whole machine."""
    (tmp_path / "stdout").symlink_to("/proc/self/fd/1")
    program = "from pathlib import Path; from rolecall.cli.files import write_atomically as write; "
    program += f"write(Path({str(tmp_path / 'stdout')!r}), 'all of it')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("all of it", "")


@pytest.mark.parametrize("name", ["rolecall.yaml", "./rolecall.yaml", "link.yaml", "hard.yaml"])
def test_one_file_is_never_written_whatever_it_is_called(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "rolecall.yaml"
    config.write_text("version: 1")
    Path("link.yaml").symlink_to("rolecall.yaml")
    Path("hard.yaml").hardlink_to("rolecall.yaml")
    with pytest.raises(UsageError, match="is the config file") as caught:
        write_atomically(Path(name), "{}", never={config: "the config file"})
    assert caught.value.hint == "give the output another name"
    assert config.read_text() == "version: 1"


@pytest.mark.parametrize("made", [True, False])
def test_another_file_beside_it_is_written(tmp_path: Path, made: bool) -> None:
    config = tmp_path / "rolecall.yaml"
    if made:
        config.write_text("version: 1")
    write_atomically(tmp_path / "plan.json", "{}", never={config: "the config file"})
    assert (tmp_path / "plan.json").read_text() == "{}"


def test_a_folder_and_a_circle_of_links_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for path in (tmp_path, tmp_path / "one", tmp_path / "nowhere" / "plan.json"):
        with pytest.raises(UsageError, match="cannot be written"):
            write_atomically(path, "x")
    assert (tmp_path / "one").is_symlink()
