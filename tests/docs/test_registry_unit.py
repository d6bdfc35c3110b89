"""The registry's unit: systemd finds nothing wrong with it, it gives away little, and its command serves."""

from __future__ import annotations

import configparser
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.docs.shown import ROOT
from tests.e2e.conftest import clean_environment
from tests.ports import free_port
from tests.sandbox.served import eventually

UNIT = ROOT / "contrib/systemd/rolecall-registry.service"
systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")

HARDENED = {
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectProc": "invisible",
    "CapabilityBoundingSet": "",
    "RestrictNamespaces": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}


def service() -> list[tuple[str, str]]:
    """Every setting of the service, those that are given twice too."""
    text = UNIT.read_text("utf-8").split("[Service]")[1].split("[Install]")[0]
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [(line.split("=", 1)[0], line.split("=", 1)[1]) for line in lines]


def test_it_is_hardened_and_holds_no_secret() -> None:
    given = dict(service())
    assert {name: given.get(name) for name in HARDENED} == HARDENED
    assert [value.split(":")[0] for name, value in service() if name == "LoadCredential"] == ["rolecall.yaml", "aws"]
    assert not re.search(r"(?i)(secret|password|external.?id)\s*=", UNIT.read_text("utf-8"))
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(UNIT)
    assert parser.sections() == ["Unit", "Service", "Install"]


@systemd
def test_systemd_finds_nothing_wrong_with_it_and_little_exposed(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8").replace("/opt/rolecall/bin/rolecall", sys.executable)  # it has to be there
    copy = tmp_path / UNIT.name
    copy.write_text(text, "utf-8")
    verified = _analyzed("verify", str(copy))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    exposed = _analyzed("security", "--offline=yes", "--threshold=15", "--no-pager", str(copy))
    assert exposed.returncode == 0, exposed.stdout


def _analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_its_command_serves_the_registry_and_ends_well(tmp_path: Path) -> None:
    """With its own environment and credentials' folder; another port, and a folder of the test's."""
    given, port = dict(service()), free_port()
    told = [value.replace("%d", str(tmp_path)).split("=", 1) for name, value in service() if name == "Environment"]
    environment = {name: value.replace("/var/lib/rolecall", str(tmp_path)) for name, value in told}
    environment |= {"CREDENTIALS_DIRECTORY": str(tmp_path), "AWS_REGION": "us-east-1"}
    (tmp_path / "aws").write_text("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n")
    (tmp_path / "rolecall.yaml").write_text(_CONFIG)
    command = given["ExecStart"].replace("${CREDENTIALS_DIRECTORY}", str(tmp_path)).replace("8080", str(port))
    words = [sys.executable, "-m", "rolecall", *command.split()[1:]]
    process = subprocess.Popen(
        words, cwd=tmp_path, env=dict(clean_environment()) | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}/healthz", process))
        assert (tmp_path / "registry.db").exists()
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)
    assert process.returncode == 0, said


_CONFIG = """\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: ["arn:aws:iam::111111111111:role/CadoResponsePlatform"]
  external_id: 5f0c8e1d2b7a49c6a1e3d4f5b6c7d8e9
targets:
  organizational_units: [/]
"""


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, process.communicate()
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
