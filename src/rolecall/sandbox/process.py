"""A sandbox as a process of its own, left running: start it, find it, stop it. Files, child processes, HTTP.

The state is a private directory in the user's runtime or temporary directory, one a user, or one a port if named. It
goes when the sandbox ends.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from rolecall.errors import RolecallError
from rolecall.sandbox import directory as files

_LOG = "output.log"
_START_SECONDS = 120.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_HTTP_SECONDS = 5.0
_ADVANCE_SECONDS = 1800.0
"""A jump returns when all that falls due on the way has happened: for thousands of accounts that takes minutes."""


_LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Whatever proxy the environment names, it is not on the way to loopback."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a sandbox is started with. What is None is the scenario's or the sandbox's own default.

    `accounts` makes up an organization of that size instead of reading `scenario`; `enforce_iam` authorizes every call,
    not only policy simulation. `log` is appended to, `record` written anew. `behind` is the URL of a proxy in
    front, which clients call.
    """

    scenario: str = "clean"
    port: int = 0
    speed: float | None = None
    accounts: int | None = None
    seed: int = 0
    log: Path | None = None
    record: Path | None = None
    quotas: str | None = None
    latency_ms: float | None = None
    events_webhook: str | None = None
    behind: str | None = None
    idle_seconds: float | None = None
    enforce_iam: bool = False

    def arguments(self) -> list[str]:
        """For `python -m rolecall.sandbox`."""
        unused = {"enforce_iam", *(("accounts", "seed") if self.accounts is None else ("scenario",))}
        given = {name: value for name, value in asdict(self).items() if name not in unused and value is not None}
        options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        return [*options, "--enforce-iam"] if self.enforce_iam else options


@dataclass(frozen=True, slots=True)
class SandboxProcess:
    """A sandbox that runs in another process."""

    directory: Path
    state: files.State

    @classmethod
    def start(cls, settings: Settings | None = None) -> SandboxProcess:
        """Starts one and returns when it answers.

        Raises RolecallError where one runs already (on that port, if one is named), or the new one ends at once.
        """
        given = settings or Settings()
        port = given.port
        home = state_directory(port)
        running = cls.find(port)
        if running is not None:
            hint = "Stop it first with `rolecall sandbox --stop`, or name another port."
            raise RolecallError(f"A sandbox is already running at {running.endpoint}", hint=hint)
        _claim(home)
        with (home / _LOG).open("wb") as output:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            child = _launch(f"--state={home}", *given.arguments(), start_new_session=True, **quiet)
        return cls(home, _wait_until_ready(home, child))

    @classmethod
    def find(cls, port: int = 0) -> SandboxProcess | None:
        """The running sandbox of this user (on `port`, if one is named), or None. Clears away one that died."""
        home = state_directory(port)
        if not home.exists():
            return None
        _check_owner(home)
        state = files.read_state(home)
        if state is not None and _answers(state):
            return cls(home, state)
        if state is not None or time.time() - home.stat().st_mtime > _START_SECONDS:
            shutil.rmtree(home, ignore_errors=True)
        return None

    @classmethod
    def current(cls, port: int = 0) -> SandboxProcess | None:
        """As `find`; where no port is named, the one that the shell's variables point at comes first."""
        pointed = os.environ.get("ROLECALL_SANDBOX")
        state = files.read_state(Path(pointed)) if pointed and not port else None
        if pointed and state is not None and _answers(state):
            return cls(Path(pointed), state)
        return cls.find(port)

    @property
    def endpoint(self) -> str:
        return self.state.endpoint

    def environment(self) -> dict[str, str]:
        return files.environment(self.directory, self.state) | _past_proxies()

    def stop(self) -> None:
        """Ends the sandbox and returns when its directory is gone. Raises RolecallError if it does not end."""
        self._ask(files.STOP_PATH, {})
        deadline = time.monotonic() + _STOP_SECONDS
        while self.directory.exists():
            if time.monotonic() > deadline:
                raise RolecallError(f"The sandbox at {self.endpoint} did not end within {_STOP_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)

    def advance(self, seconds: float, patience: float = _ADVANCE_SECONDS) -> str:
        """Jumps the sandbox's clock ahead. Returns what time it is then, as ISO 8601.

        Raises RolecallError, also where that takes longer than `patience` in real seconds.
        """
        answer: dict[str, str] = json.loads(self._ask(files.CLOCK_PATH, {"advance_seconds": seconds}, patience))
        return answer["now"]

    def reopen(self, account: str) -> None:
        """As AWS Support does with an account that is suspended or closed. Raises RolecallError for any other."""
        self._ask(files.REOPEN_PATH, {"account": account})

    def _ask(self, path: str, body: Mapping[str, float | str], patience: float = _HTTP_SECONDS) -> bytes:
        """A POST to one of the sandbox's own paths."""
        request = urllib.request.Request(  # noqa: S310  # the address is from our own state file
            self.endpoint + path,
            data=json.dumps(body).encode(),
            headers={files.TOKEN_HEADER: self.state.token, "Content-Type": "application/json"},
        )
        try:
            with _LOOPBACK.open(request, timeout=patience) as answer:
                found: bytes = answer.read()
                return found
        except (OSError, HTTPException) as error:
            raise self._no_answer(error, patience) from error

    def _no_answer(self, error: Exception, patience: float) -> RolecallError:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(error, urllib.error.HTTPError):
            return RolecallError(f"The sandbox at {self.endpoint} refused", detail=f"{error.code} {error.reason}")
        if isinstance(cause, TimeoutError):
            hint = "It goes on with what it is at; ask again later, or end it with `rolecall sandbox --stop`."
            return RolecallError(
                f"The sandbox at {self.endpoint} has not answered", detail=f"not within {patience:.0f} s", hint=hint
            )
        hint = "See whether it still runs; `rolecall sandbox --detach` starts another."
        return RolecallError(f"The sandbox at {self.endpoint} does not answer", detail=str(cause), hint=hint)


def replay(recording: Path) -> int:
    """Makes a recording's calls again, in a process of its own, since there is one world a process. Its exit status."""
    return _launch(f"--replay={recording}").wait()


def _launch(*arguments: str, **how: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rolecall.sandbox", *arguments]
    return subprocess.Popen(command, env=_without_aws(), **how)  # noqa: S603  # our own module, no shell


def _without_aws() -> dict[str, str]:
    """Our environment less what the AWS SDK reads: a profile that is no more would keep the sandbox from starting."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def state_directory(port: int = 0) -> Path:
    """Where a detached sandbox keeps its files. Named after the user, since temporary directories are shared."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(base) / (f"rolecall-sandbox-{user}-{port}" if port else f"rolecall-sandbox-{user}")


def _claim(home: Path) -> None:
    """Making the directory is what decides between two that start at once."""
    try:
        home.mkdir(mode=0o700)
    except FileExistsError as error:
        hint = f"If none is starting, remove {home}."
        raise RolecallError("Another sandbox is just starting", detail=f"{home} exists", hint=hint) from error


def _check_owner(home: Path) -> None:
    """Another user of a shared temporary directory could otherwise hand us an endpoint of theirs."""
    if hasattr(os, "getuid") and home.stat().st_uid != os.getuid():
        raise RolecallError(f"{home} belongs to another user", hint="Remove it, or set XDG_RUNTIME_DIR.")


def _wait_until_ready(home: Path, child: subprocess.Popen[bytes]) -> files.State:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        state = files.read_state(home)
        if state is not None:
            return state
        if child.poll() is not None or time.monotonic() > deadline:
            raise _failed_start(home, child)
        time.sleep(_POLL_SECONDS)


def _failed_start(home: Path, child: subprocess.Popen[bytes]) -> RolecallError:
    child.kill()
    child.wait()
    log = home / _LOG
    output = log.read_text("utf-8", "replace").strip() if log.exists() else ""
    said = files.read_failure(home)
    shutil.rmtree(home, ignore_errors=True)
    return said or RolecallError("The sandbox did not start", detail=output)


def _answers(state: files.State) -> bool:
    """Whether it is that sandbox which answers: another at the same address does not know the token.

    One that is busy is there too: what listens and keeps us waiting, as the process that it was.
    """
    request = urllib.request.Request(state.endpoint + files.CLOCK_PATH, headers={files.TOKEN_HEADER: state.token})  # noqa: S310
    try:
        with _LOOPBACK.open(request, timeout=_HTTP_SECONDS):
            return True
    except (OSError, HTTPException) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        return isinstance(cause, TimeoutError) and _lives(state.pid)


def _lives(pid: int) -> bool:
    if not hasattr(os, "getuid"):
        return True  # Windows would end it for being asked
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _past_proxies() -> dict[str, str]:
    """The variable by which clients go past a proxy to loopback, where the environment has a proxy."""
    if not any(os.environ.get(name) for name in ("HTTP_PROXY", "http_proxy")):
        return {}
    name = "no_proxy" if "no_proxy" in os.environ else "NO_PROXY"
    known = [host for host in os.environ.get(name, "").split(",") if host]
    return {name: ",".join(dict.fromkeys((*known, "127.0.0.1")))}
