"""The private directory of a running sandbox: AWS config files and its state. Reads and writes only there."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rolecall.errors import ConfigError, Problem, RolecallError

STOP_PATH = "/_rolecall/stop"
CLOCK_PATH = "/_rolecall/clock"
STATS_PATH = "/_rolecall/stats"
REOPEN_PATH = "/_rolecall/reopen"
TOKEN_HEADER = "x-rolecall-token"  # noqa: S105  # a name
"""The sandbox's own paths ask for the state's token in this header."""

_STATE = "sandbox.json"
_FAILURE = "failure.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """AWS credentials as a profile holds them. `session_token` is None for a user's own key."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class State:
    """What another process needs to find, use and stop a running sandbox.

    `endpoint` is the sandbox's own, `public` the one that clients call: a proxy's, where one is in front.
    """

    endpoint: str
    public: str
    region: str
    pid: int
    platform_role: str
    token: str = field(repr=False)


def write_files(directory: Path, state: State, profiles: Mapping[str, Credentials]) -> None:
    """AWS config and credentials files with a section a profile, and the state, which comes last: it means ready."""
    _write(directory / "config", "".join(_config(name, state) for name in profiles))
    _write(directory / "credentials", "".join(_secrets(name, keys) for name, keys in profiles.items()))
    _write(directory / _STATE, json.dumps(asdict(state)))


def read_state(directory: Path) -> State | None:
    """None where no sandbox has said that it is ready. Raises RolecallError for what another version has written."""
    path = directory / _STATE
    try:
        return State(**json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as error:
        hint = f"End the sandbox with the version that started it, or remove {directory}."
        raise RolecallError(f"{path} is of another version", detail=str(error), hint=hint) from error


def remove(directory: Path, token: str) -> None:
    """Takes the directory away, unless another sandbox has taken it over by now."""
    state = read_state(directory)
    if state is None or state.token == token:
        shutil.rmtree(directory, ignore_errors=True)


def write_failure(directory: Path, error: RolecallError) -> None:
    """Why the sandbox did not start, for whoever started it."""
    problems = [asdict(problem) for problem in error.problems] if isinstance(error, ConfigError) else None
    said = {"summary": error.summary, "detail": error.detail, "hint": error.hint, "problems": problems}
    _write(directory / _FAILURE, json.dumps(said))


def read_failure(directory: Path) -> RolecallError | None:
    """None where nothing was said."""
    try:
        said = json.loads((directory / _FAILURE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    told = {name: said[name] for name in ("detail", "hint")}
    if said["problems"] is None:
        return RolecallError(said["summary"], **told)
    return ConfigError(said["summary"], tuple(Problem(**problem) for problem in said["problems"]), **told)


_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables that the AWS CLI would heed before a profile."""


def export_lines(environment: Mapping[str, str]) -> str:
    """Lines for a shell to evaluate, which also take out of its way what it has of credentials."""
    in_the_way = [name for name in _CREDENTIALS if name in os.environ]
    unset = f"unset {' '.join(in_the_way)}\n" if in_the_way else ""
    return unset + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def unset_line() -> str:
    """A line for a shell to evaluate when the sandbox is gone."""
    nobodys = State("", "", "", 0, "", "")
    return f"unset {' '.join(environment(Path(), nobodys))}\n"


def environment(directory: Path, state: State) -> dict[str, str]:
    """The variables by which the AWS SDKs, the AWS CLI and rolecall use this sandbox, as the management account."""
    return {
        "AWS_ENDPOINT_URL": state.public,
        "AWS_CONFIG_FILE": str(directory / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
        "AWS_PROFILE": "management",
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ROLECALL_SANDBOX": str(directory),
        "ROLECALL_TRUSTED_PRINCIPAL": state.platform_role,
        "ROLECALL_ASSUME_PROFILE": "platform",
    }


def _config(name: str, state: State) -> str:
    return f"[profile {name}]\nregion = {state.region}\nendpoint_url = {state.public}\noutput = json\n\n"


def _secrets(name: str, keys: Credentials) -> str:
    lines = [f"aws_access_key_id = {keys.access_key_id}", f"aws_secret_access_key = {keys.secret_access_key}"]
    if keys.session_token:
        lines.append(f"aws_session_token = {keys.session_token}")
    return "\n".join((f"[{name}]", *lines, "", ""))


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and readable by the owner only."""
    unfinished = path.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.replace(path)
