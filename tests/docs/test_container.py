"""The container file: what it copies is there and enough to build from, what it installs is locked, what it runs works.

No container is built here: what a runtime would do is not tested.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from rolecall.errors import UsageError
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings
from tests.docs.shown import PATIENCE, ROOT
from tests.ports import free_port
from tests.registry.fakes import FakeProbe
from tools.part_of_lock import part, wanted_by

TEXT = (ROOT / "Containerfile").read_text("utf-8")
LINES = [line for line in re.sub(r"\\\n\s*", "", TEXT).splitlines() if line and not line.startswith("#")]
INSTRUCTIONS = [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in LINES]
LAST = INSTRUCTIONS[max(index for index, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def of(word: str, lines: list[tuple[str, str]] = INSTRUCTIONS) -> list[str]:
    return [rest for each, rest in lines if each == word]


def copied() -> list[str]:
    """From the checkout."""
    return [source for rest in of("COPY") if not rest.startswith("--from") for source in rest.split()[:-1]]


def test_every_base_is_named_with_its_version() -> None:
    (base,) = (rest.split("=", 1)[1] for rest in of("ARG"))
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+", base)
    assert {rest.split(" ")[0] for rest in of("FROM")} == {"${PYTHON}"}
    assert "latest" not in TEXT


def test_it_runs_as_nobody_with_one_volume_and_is_asked_how_it_is() -> None:
    (user,) = of("USER", LAST)
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    words = [word for word, _ in LAST]
    assert words.index("USER") > max(index for index, word in enumerate(words) if word in ("RUN", "COPY"))
    (volume,) = of("VOLUME", LAST)
    (folder,) = json.loads(volume)
    assert any(run.endswith(f"-g 10001 {folder}") and "-m 0700" in run for run in of("RUN", LAST))
    assert f"sqlite:///{folder}/" in " ".join(of("ENV", LAST))
    assert len(of("HEALTHCHECK", LAST)) == 1


def test_what_it_copies_is_in_the_checkout_and_enough_to_build_from(tmp_path: Path) -> None:
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    for source in copied():
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, target)
    (command,) = re.findall(r"-m (pip wheel .*?) &&", " ".join(of("RUN")))
    arguments = command.replace("/tmp/wheels", "wheels").split()
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "wheels").iterdir()] == ["rolecall-0.1.0-py3-none-any.whl"]


def test_its_commands_are_those_of_the_stages() -> None:
    """Each is Python's, pip's, coreutils', or one that was made by a line before."""
    made = {"python", "install", "/tmp/build/bin/python", "/opt/rolecall/bin/python"}
    commands = [command.split()[0] for run in of("RUN") for command in run.split("&&")]
    assert set(commands) <= made
    assert json.loads(of("ENTRYPOINT")[0]) == ["/opt/rolecall/bin/rolecall"]
    assert "/opt/rolecall /opt/rolecall" in " ".join(of("COPY", LAST))


def names(requirements: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", requirements, re.MULTILINE))


def test_the_part_of_the_lock_is_all_that_the_registry_needs_with_hashes() -> None:
    registry = part(LOCK, wanted_by((ROOT / "pyproject.toml").read_text("utf-8"), ["registry"]))
    for name in names(registry) - {"tzdata"}:  # that is for Windows
        needed = [Requirement(each) for each in requires(name) or ()]
        needed = [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
        assert {each.name.lower().replace("_", "-") for each in needed} <= names(registry), name
    assert names(registry) < names(LOCK)
    assert {"pytest", "moto", "awscli"} & names(registry) == set()
    assert registry.count("--hash=sha256:") >= len(names(registry))


def test_rolecalls_own_part_is_what_was_locked_for_it() -> None:
    own = part(LOCK, wanted_by((ROOT / "pyproject.toml").read_text("utf-8"), []))
    assert names(own) == names((ROOT / "requirements.txt").read_text("utf-8"))
    with pytest.raises(KeyError):
        part(LOCK, ["no-such-package"])


def test_the_container_refuses_to_start_until_it_is_told_who_speaks_tls(tmp_path: Path) -> None:
    (command,) = (json.loads(rest) for rest in of("CMD"))
    assert command[:3] == ["serve", "--host", "0.0.0.0"]
    settings = Settings(f"sqlite:///{tmp_path / 'registry.db'}")
    with pytest.raises(UsageError, match="without TLS"):
        listen(settings, FakeProbe(), host=command[2], port=0)


class _Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@contextmanager
def answering(status: int) -> Iterator[int]:
    handler = type("Handler", (_Answering,), {"status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def healthy(port: int) -> bool:
    script = ROOT / "contrib/container/health.py"
    done = subprocess.run([sys.executable, script, str(port)], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.returncode == 0


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, False), (404, False)])
def test_the_health_check_is_well_only_while_the_registry_says_so(status: int, well: bool) -> None:
    with answering(status) as port:
        assert healthy(port) is well


def test_the_health_check_of_nothing_is_unwell() -> None:
    assert not healthy(free_port())
