"""A sandbox in a process of its own: started, found, used, stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.session
import pytest

from rolecall.errors import ConfigError, RolecallError
from rolecall.sandbox import directory as files
from rolecall.sandbox.process import SandboxProcess, Settings, state_directory
from tests.ports import free_port

from .served import eventually


@pytest.fixture(autouse=True)
def own_runtime_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The user's real sandbox, if one runs, is left alone."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield
    running = SandboxProcess.find()
    if running is not None:
        running.stop()


def caller_of(sandbox: SandboxProcess) -> str:
    core = botocore.session.Session()
    core.set_config_variable("config_file", sandbox.environment()["AWS_CONFIG_FILE"])
    core.set_config_variable("credentials_file", sandbox.environment()["AWS_SHARED_CREDENTIALS_FILE"])
    core.set_config_variable("profile", "platform")
    return str(boto3.Session(botocore_session=core).client("sts").get_caller_identity()["Account"])


def test_it_is_started_found_used_and_stopped() -> None:
    sandbox = SandboxProcess.start(Settings("clean", speed=0))
    assert caller_of(sandbox) == "111111111111"
    assert SandboxProcess.find() == sandbox
    assert state_directory().stat().st_mode & 0o777 == 0o700
    with pytest.raises(RolecallError, match="already running"):
        SandboxProcess.start(Settings("clean"))
    sandbox.stop()
    assert not sandbox.directory.exists()
    assert SandboxProcess.find() is None


def test_it_ends_cleanly_on_a_signal() -> None:
    sandbox = SandboxProcess.start(Settings("clean"))
    os.kill(sandbox.state.pid, signal.SIGTERM)
    eventually(lambda: not sandbox.directory.exists())


def test_it_ends_cleanly_by_itself_when_idle(tmp_path: Path) -> None:
    """Not by `start`, which might look for its files when they are gone again."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    options = [f"--state={home}", *Settings("clean", idle_seconds=0.2).arguments()]
    ended = subprocess.run([sys.executable, "-m", "rolecall.sandbox", *options], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr, home.exists()) == (0, b"", False)


def test_one_that_was_killed_is_cleared_away() -> None:
    sandbox = SandboxProcess.start(Settings("clean"))
    os.kill(sandbox.state.pid, signal.SIGKILL)
    os.waitpid(sandbox.state.pid, 0)
    assert SandboxProcess.find() is None
    assert not sandbox.directory.exists()


def test_one_that_is_busy_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rolecall.sandbox.process._HTTP_SECONDS", 0.2)
    sandbox = SandboxProcess.start(Settings("clean"))
    os.kill(sandbox.state.pid, signal.SIGSTOP)
    try:
        assert SandboxProcess.find() == sandbox
    finally:
        os.kill(sandbox.state.pid, signal.SIGCONT)
    assert SandboxProcess.find() == sandbox


@pytest.mark.parametrize("state", ["", "{}", "[]", '{"endpoint": "http://127.0.0.1:1", "version": 0}'])
def test_the_state_of_another_version_says_so(state: str) -> None:
    home = state_directory()
    home.mkdir(mode=0o700)
    (home / "sandbox.json").write_text(state, "utf-8")
    with pytest.raises(RolecallError, match="is of another version") as caught:
        SandboxProcess.find()
    assert str(home) in (caught.value.hint or "")
    shutil.rmtree(home)


def test_a_scenario_that_cannot_be_used_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("organisation: {}\n")
    with pytest.raises(RolecallError) as caught:
        SandboxProcess.start(Settings(str(broken)))
    assert isinstance(caught.value, ConfigError)
    assert caught.value.exit_status == 2
    assert f"{broken}:1: organisation: is not a key of this file" in map(str, caught.value.problems)
    assert not state_directory().exists()


@pytest.mark.parametrize("what", ["port", "record", "role"])
def test_a_start_that_fails_otherwise_says_why_too(tmp_path: Path, what: str) -> None:
    trusting = tmp_path / "trusting.yaml"
    nobody = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:role/Nobody"},
        "Action": "sts:AssumeRole",
    }
    role = {"account": "management", "name": "R", "trust": {"Version": "2012-10-17", "Statement": [nobody]}}
    trusting.write_text(json.dumps({"organization": {}, "roles": [role]}))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = {
            "port": Settings("clean", port=taken.getsockname()[1]),
            "record": Settings("clean", record=tmp_path / "nowhere" / "calls"),
            "role": Settings(str(trusting)),
        }[what]
        with pytest.raises(RolecallError) as caught:
            SandboxProcess.start(settings)
    problems = caught.value.problems if isinstance(caught.value, ConfigError) else ()
    told = " ".join((caught.value.summary, caught.value.detail, *map(str, problems)))
    assert {"port": "in use", "record": "Cannot write", "role": "Invalid principal"}[what] in told
    assert "Traceback" not in told
    assert not state_directory(settings.port).exists()


def test_an_old_one_takes_nothing_of_a_new_one_with_it() -> None:
    old = SandboxProcess.start(Settings("clean"))
    os.kill(old.state.pid, signal.SIGSTOP)
    shutil.rmtree(old.directory)
    new = SandboxProcess.start(Settings("clean"))
    os.kill(old.state.pid, signal.SIGTERM)
    os.kill(old.state.pid, signal.SIGCONT)
    os.waitpid(old.state.pid, 0)
    assert SandboxProcess.find() == new
    assert caller_of(new) == "111111111111"


def test_a_request_that_never_ends_does_not_keep_it_from_ending() -> None:
    sandbox = SandboxProcess.start(Settings("clean"))
    host, port = sandbox.endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        sandbox.stop()
    assert not sandbox.directory.exists()


def test_a_proxy_of_the_environment_is_not_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "example.com")
    sandbox = SandboxProcess.start(Settings("clean"))
    assert SandboxProcess.find() == sandbox
    assert sandbox.environment()["NO_PROXY"] == "example.com,127.0.0.1"
    sandbox.stop()


def test_the_one_that_the_shell_points_at_needs_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = SandboxProcess.start(Settings("clean", port=free_port()))
    assert SandboxProcess.current() is None
    monkeypatch.setenv("ROLECALL_SANDBOX", str(sandbox.directory))
    assert SandboxProcess.current() == sandbox
    sandbox.stop()


def test_a_directory_that_another_start_has_made_is_left_alone() -> None:
    state_directory().mkdir(mode=0o700)
    with pytest.raises(RolecallError, match="just starting"):
        SandboxProcess.start(Settings("clean"))
    assert state_directory().exists()


@pytest.mark.parametrize(
    ("answer", "summary", "hint"),
    [
        (None, "has not answered", "It goes on with what it is at"),
        (b"", "does not answer", "See whether it still runs"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "does not answer", "See whether it still runs"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "refused", ""),
    ],
    ids=["slow", "gone", "broken off", "refused"],
)
def test_a_jump_without_an_answer_says_what_happened(
    tmp_path: Path, answer: bytes | None, summary: str, hint: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        state = files.State(endpoint, endpoint, "us-east-1", 0, "", "token")
        told = threading.Event()
        thread = threading.Thread(target=_answer_once, args=(listener, answer, told), daemon=True)
        thread.start()
        with pytest.raises(RolecallError, match=summary) as caught:
            SandboxProcess(tmp_path, state).advance(60, patience=0.5 if answer is None else 60)
        told.set()
        thread.join()
    assert caught.value.hint.startswith(hint)


def _answer_once(listener: socket.socket, answer: bytes | None, told: threading.Event) -> None:
    """With None for an answer the connection stays open until the caller has `told` what it makes of that."""
    connection, _ = listener.accept()
    with connection:
        while b"}" not in connection.recv(65536):
            pass
        if answer is None:
            told.wait()
        else:
            connection.sendall(answer)


def test_the_module_refuses_a_port_that_is_taken() -> None:
    sandbox = SandboxProcess.start(Settings("clean"))
    port = sandbox.endpoint.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "rolecall.sandbox", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: Cannot listen on 127.0.0.1:{port}")
    assert "hint:" in ended.stderr


def test_a_closed_account_is_reopened_and_no_other() -> None:
    sandbox = SandboxProcess.start(Settings("demo", speed=0))
    core = botocore.session.Session()
    core.set_config_variable("config_file", sandbox.environment()["AWS_CONFIG_FILE"])
    core.set_config_variable("credentials_file", sandbox.environment()["AWS_SHARED_CREDENTIALS_FILE"])
    core.set_config_variable("profile", "management")
    client = boto3.Session(botocore_session=core).client("organizations")
    accounts = [found for page in client.get_paginator("list_accounts").paginate() for found in page["Accounts"]]
    (asleep, *_) = [found["Id"] for found in accounts if found["State"] in ("SUSPENDED", "CLOSED")]
    sandbox.reopen(asleep)
    assert client.describe_account(AccountId=asleep)["Account"]["State"] == "ACTIVE"
    with pytest.raises(RolecallError, match="refused"):
        sandbox.reopen(asleep)
