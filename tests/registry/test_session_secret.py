from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rolecall.errors import UsageError
from rolecall.registry.app import create_app
from rolecall.registry.auth import Role
from rolecall.registry.session_secret import with_session_secret
from rolecall.registry.settings import Settings

from .conftest import Seed
from .fakes import FakeProbe
from .security.walking import sign_in


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_bytes(bytes(range(32)))
    file.chmod(0o600)
    return file


def test_servers_with_one_secret_know_each_others_sessions(
    settings: Settings, probe: FakeProbe, seed: Seed, secret: Path
) -> None:
    """And one without it does not."""
    shared = [create_app(with_session_secret(settings, secret), probe) for _ in range(2)]
    alone = create_app(with_session_secret(settings, None), probe)
    first = TestClient(shared[0], follow_redirects=False)
    sign_in(first, seed.keys[Role.ADMINISTRATOR])
    second, third = (TestClient(app, follow_redirects=False, cookies=dict(first.cookies)) for app in (shared[1], alone))
    assert second.get("/").status_code == 200
    assert third.get("/").status_code == 303
    for app in (*shared, alone):
        app.state.services.database.close()


def test_a_secret_that_is_short_or_that_others_read_is_refused(settings: Settings, secret: Path) -> None:
    secret.chmod(0o644)
    with pytest.raises(UsageError, match="everybody on this machine"):
        with_session_secret(settings, secret)
    secret.chmod(0o640)  # a group, as secrets of containers and services have one
    assert with_session_secret(settings, secret).session_secret == bytes(range(32))
    secret.write_bytes(bytes(31))
    with pytest.raises(UsageError, match="shorter than 32 bytes"):
        with_session_secret(settings, secret)
    with pytest.raises(UsageError, match="cannot read"):
        with_session_secret(settings, secret.with_name("absent"))
