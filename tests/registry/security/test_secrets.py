"""Canaries: secrets that are planted, and looked for in all that the registry answers, logs, says and keeps."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.core.ids import RoleArn
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.errors import AwsError, RolecallError
from rolecall.registry.auth import Role, authenticate
from rolecall.registry.database.backup import back_up
from rolecall.registry.database.engine import Database, open_database
from rolecall.registry.logs import configure_logs

from ..conftest import Seed, aws_account
from ..fakes import ABSENT_ROLE, EXTERNAL_ID, GOOD_ROLE, OPEN_ROLE, REFUSAL, FakeProbe
from .walking import calls, form_token

SESSION = ("ASIACANARYCANARYCANA", "canary-secret-of-an-aws-session", "canary-token-of-an-aws-session")
PASSWORD = "canary-password-of-a-database"
_COMPARE = hmac.compare_digest


class CanaryProbe(FakeProbe):
    """Gives sessions whose keys are canaries, and refuses in these words."""

    refusal = REFUSAL

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        answer = await super().assume(role, external_id=external_id)
        if isinstance(answer, AssumedRole):
            return AssumedRole(role, *SESSION)
        return replace(answer, message=self.refusal)


@pytest.fixture
def probe() -> CanaryProbe:
    return CanaryProbe()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the registry and its server log, as `serve` sets it up, and what anything else would."""
    stream, root = io.StringIO(), logging.getLogger()
    names = ("rolecall.registry", "uvicorn")
    before = {name: (logging.getLogger(name).handlers, logging.getLogger(name).propagate) for name in names}
    configure_logs(stream, secrets=(EXTERNAL_ID,))
    rest = logging.StreamHandler(stream)
    root.addHandler(rest)
    yield stream
    root.removeHandler(rest)
    for name, (handlers, propagate) in before.items():
        logging.getLogger(name).handlers, logging.getLogger(name).propagate = handlers, propagate


@pytest.fixture
def secrets(seed: Seed) -> list[str]:
    """The secret halves of all keys, and the rest."""
    return [*(key.split(".")[1] for key in seed.keys.values()), EXTERNAL_ID, *SESSION]


def test_no_secret_is_answered_or_logged_or_kept_in_clear(
    app: FastAPI,
    anonymous: TestClient,
    client_as: Callable[[Role], TestClient],
    browser: TestClient,
    seed: Seed,
    probe: CanaryProbe,
    log: io.StringIO,
    secrets: list[str],
    database_file: Path,
) -> None:
    """Every call by every role, a browser and a stranger; roles that answer, do not, and are open; AWS that fails."""
    answers = [_told(call.of(each)) for call in calls(app) for each in (anonymous, browser, *map(client_as, Role))]
    client = client_as(Role.ADMINISTRATOR)
    for number, role in enumerate((GOOD_ROLE, ABSENT_ROLE, OPEN_ROLE)):
        answers.append(_told(client.post("/api/v3/accounts", json=aws_account(f"account {number}", role))))
    probe.refusal = f"Value '{EXTERNAL_ID}' at 'externalId' failed to satisfy constraint"
    answers.append(_told(client.post("/api/v3/accounts", json=aws_account("refused", ABSENT_ROLE))))
    assert "at 'externalId' failed" in answers[-1]
    for error in (AwsError(f"no answer for {EXTERNAL_ID}"), RuntimeError(f"{EXTERNAL_ID} {seed.keys[Role.ANALYST]}")):
        probe.error = error
        answers.append(_told(client.post("/api/v3/accounts", json=aws_account("other"))))
    told = "\n".join(answers) + log.getvalue()
    kept = b"".join(path.read_bytes() for path in database_file.parent.glob("registry.db*"))
    assert '"event": "unexpected error"' in log.getvalue()
    assert len(kept) > 50_000
    for secret in secrets:
        assert secret not in told
        assert secret.encode() not in kept


def _told(answer: object) -> str:
    return f"{getattr(answer, 'text')} {getattr(answer, 'headers')}"  # noqa: B009


def test_keys_sent_to_the_wrong_place_are_not_logged(anonymous: TestClient, seed: Seed, log: io.StringIO) -> None:
    key = seed.keys[Role.ADMINISTRATOR]
    token = form_token(anonymous.get("/sign-in").text)
    anonymous.get(f"/api/v3/accounts/{key}")
    anonymous.get(f"/?key={key}", headers={"X-Api-Key": key, "User-Agent": key, "Referer": f"https://x/{key}"})
    anonymous.post("/sign-in", data={"form_token": token, "key": f"{key} "})
    anonymous.post("/sign-in", json={"key": key})
    anonymous.get("/", headers={"Authorization": f"Basic {key}"})
    assert len(log.getvalue().splitlines()) >= 5
    assert key.split(".")[1] not in log.getvalue()


def test_what_a_thief_of_the_database_finds_is_no_key(
    anonymous: TestClient, database_file: Path, database: Database, seed: Seed
) -> None:
    """The hash of a secret half of 256 random bits: it opens nothing, and cannot be guessed back."""
    public, secret = seed.keys[Role.ADMINISTRATOR].split(".")
    digest = hashlib.sha256(secret.encode()).hexdigest()
    assert digest.encode() in database_file.read_bytes()
    for stolen in (f"{public}.{digest}", f"{public}.{digest[:43]}", digest, f"{public}."):
        answer = anonymous.get("/api/v3/auth/whoami", headers={"Authorization": f"Bearer {stolen}"})
        assert answer.status_code == 401
    assert len(secret) == 43, "256 bits in base64url"


def test_keys_are_compared_in_constant_time(database: Database, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A known key with a wrong secret and an unknown key take the same steps, and no `==` decides."""
    compared: list[tuple[int, int]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return _COMPARE(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    public = seed.keys[Role.ADMINISTRATOR].split(".")[0]
    with database.reading() as session:
        for key in (f"{public}.wrong", "0123456789abcdef.unknown", "", "no key at all"):
            assert authenticate(session, key) is None
        assert authenticate(session, seed.keys[Role.ADMINISTRATOR])
    assert compared == [(64, 64)] * 5


def test_no_hash_of_a_key_is_answered(app: FastAPI, client: TestClient, browser: TestClient, seed: Seed) -> None:
    digests = [hashlib.sha256(key.split(".")[1].encode()).hexdigest() for key in seed.keys.values()]
    for call in calls(app):
        if call.method == "GET":
            told = call.of(client if call.is_api else browser).text
            assert not [digest for digest in digests if digest in told], call


def test_a_session_of_aws_does_not_print_its_keys() -> None:
    role = AssumedRole(RoleArn.parse(GOOD_ROLE), *SESSION)
    assert not [canary for canary in SESSION if canary in f"{role} {role!r}"]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://rolecall:{PASSWORD}@127.0.0.1:1/registry",
        f"postgresql+psycopg://127.0.0.1:1/registry?user=rolecall&password={PASSWORD}",
        f"nosuchdatabase://rolecall:{PASSWORD}@127.0.0.1/registry",
        f"postgresql+psycopg://rolecall:{PASSWORD}@[127.0.0.1/registry",
        f"{PASSWORD} and no url",
    ],
)
def test_the_databases_password_is_in_no_error(url: str, tmp_path: Path) -> None:
    ways: tuple[Callable[[], object], ...] = (lambda: open_database(url), lambda: back_up(url, tmp_path / "x"))
    for call in ways:
        with pytest.raises(RolecallError) as caught:
            call()
        error = caught.value
        assert PASSWORD not in f"{error.summary} {error.detail} {error.hint}"


def test_a_server_that_cannot_reach_its_database_does_not_say_the_password(tmp_path: Path) -> None:
    """Also not to who runs it with --verbose, and not in the list of processes: it came by the environment."""
    told = {"ROLECALL_DATABASE": f"postgresql+psycopg://rolecall:{PASSWORD}@127.0.0.1:1/registry"}
    keys = {"AWS_ACCESS_KEY_ID": SESSION[0], "AWS_SECRET_ACCESS_KEY": SESSION[1], "AWS_REGION": "us-east-1"}
    command = [sys.executable, "-m", "rolecall", "--verbose", "serve", "--port", "0", "--external-id", "x"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | told | keys, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "cannot open the registry's database" in done.stderr
    assert not [canary for canary in (PASSWORD, *SESSION) if canary in done.stdout + done.stderr]


def test_only_the_owner_reads_the_database_and_its_journals(database_file: Path, client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("more"))
    files = list(database_file.parent.glob("registry.db*"))
    assert {path.name for path in files} == {"registry.db", "registry.db-wal", "registry.db-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_log_line_is_json_whatever_is_in_it(anonymous: TestClient, log: io.StringIO) -> None:
    anonymous.get("/%0d%0a%22%7d%0aforged", headers={"User-Agent": '"}\r\nforged'.replace("\r\n", " ")})
    for line in log.getvalue().splitlines():
        assert json.loads(line)["event"] == "request"
