"""The package as a stranger installs it: the wheel and the hashed requirements in a fresh environment, no extras."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from rolecall import __version__
from tests.e2e.conftest import EXTERNAL_ID, Done, clean_environment

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements.txt"
INSTALL_SECONDS = 120
COMMANDS = {"init", "template", "plan", "apply", "status", "check", "destroy", "serve", "sandbox", "demo"}
BROUGHT_BY_VENV = {"pip", "setuptools", "wheel"}
CONFIG = f"""\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: {EXTERNAL_ID}
targets:
  organizational_units: [/]
"""


@dataclass(frozen=True)
class Installation:
    """A virtual environment with rolecall in it, and an empty folder to run it in."""

    scripts: Path
    folder: Path

    def rolecall(self, *arguments: str) -> Done:
        environment = clean_environment() | {"HOME": str(self.folder), "AWS_EC2_METADATA_DISABLED": "true"}
        return run([self.scripts / "rolecall", *arguments], self.folder, environment)

    def pip(self, *arguments: str) -> Done:
        return run([self.scripts / "python", "-m", "pip", "--disable-pip-version-check", *arguments], self.folder)


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> Done:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
    )
    return Done(done.returncode, done.stdout, done.stderr)


def ok(done: Done) -> Done:
    assert done.status == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with only what requirements.txt and the wheel bring; one for all xdist workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "bare-installation"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _install(folder)
            (folder / "ready").touch()
    return folder / "venv" / "bin"


def _install(folder: Path) -> None:
    ok(run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], ROOT))
    (wheel,) = folder.glob("*.whl")
    ok(run([sys.executable, "-m", "venv", "--clear", folder / "venv"], folder))
    pip: list[str | Path] = [
        folder / "venv" / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--no-compile",
        "--retries",
        "1",
    ]
    _install_requirements([*pip, "--require-hashes", "--requirement", REQUIREMENTS], folder)
    ok(run([*pip, "--no-index", "--no-deps", wheel], folder))


def _install_requirements(command: Sequence[str | Path], folder: Path) -> None:
    """Skips where the package registry cannot be reached; a hash that is wrong fails."""
    try:
        done = run(command, folder)
    except subprocess.TimeoutExpired:
        pytest.skip(f"pip did not bring the requirements within {INSTALL_SECONDS} s")
    if done.status and "Retrying (Retry(" in done.stderr:
        pytest.skip("pip does not reach the package registry")
    ok(done)


@pytest.fixture
def bare(scripts: Path, tmp_path: Path) -> Installation:
    return Installation(scripts, tmp_path)


def installed(installation: Installation) -> set[str]:
    listed = json.loads(ok(installation.pip("list", "--format", "json")).stdout)
    return {normalized(package["name"]) for package in listed}


def required() -> set[str]:
    return {normalized(name) for name in re.findall(r"(?m)^([\w.-]+)==", REQUIREMENTS.read_text("utf-8"))}


def normalized(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_requirements_are_all_that_the_wheel_asks_for(bare: Installation) -> None:
    ok(bare.pip("check"))


def test_nothing_of_the_extras_is_installed(bare: Installation) -> None:
    found = installed(bare)
    assert "rolecall" in found
    assert found - BROUGHT_BY_VENV - {"rolecall"} <= required()
    assert found & {"fastapi", "uvicorn", "sqlalchemy", "alembic", "jinja2", "moto", "flask", "pytest"} == set()


def test_the_version_is_told(bare: Installation) -> None:
    assert ok(bare.rolecall("--version")).stdout == f"rolecall {__version__}\n"


def test_help_lists_every_command(bare: Installation) -> None:
    told = ok(bare.rolecall("--help")).stdout
    assert set(re.findall(r"(?m)^  ([a-z]+) ", told)) >= COMMANDS


def test_the_template_needs_no_extra(bare: Installation) -> None:
    (bare.folder / "rolecall.yaml").write_text(CONFIG)
    template = ok(bare.rolecall("template", "--json")).json()
    assert template["AWSTemplateFormatVersion"] == "2010-09-09"
    types = [resource["Type"] for resource in template["Resources"].values()]
    assert types.count("AWS::IAM::Role") == 1
    assert template["Parameters"]["ExternalId"]["Default"] == EXTERNAL_ID


def test_plan_needs_no_extra_but_credentials(bare: Installation) -> None:
    (bare.folder / "rolecall.yaml").write_text(CONFIG)
    done = bare.rolecall("plan")
    assert done.status == 1
    assert "no usable AWS credentials" in done.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("serve", "registry"),
        ("registry worker", "registry"),
        ("sandbox", "sandbox"),
        ("demo", "registry,sandbox"),
    ],
)
def test_a_command_of_an_extra_says_which_is_missing(bare: Installation, command: str, extra: str) -> None:
    done = bare.rolecall(*command.split())
    assert (done.status, done.stdout) == (2, "")
    assert "error: this command needs what is not installed: " in done.stderr
    assert f"hint: in rolecall's checkout: pip install '.[{extra}]'" in done.stderr
