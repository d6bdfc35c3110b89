from __future__ import annotations

from pathlib import Path

import pytest

from rolecall.errors import UsageError
from rolecall.registry.auth import KEY_PATTERN, Role, authenticate, create_key
from rolecall.registry.database.engine import open_database


def test_a_created_key_proves_its_name_and_role(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    key = create_key(url, "lead-analyst", " night shift ")
    database = open_database(url)
    with database.transaction() as session:
        caller = authenticate(session, key)
    database.close()
    assert caller
    assert (caller.name, caller.role) == ("night shift", Role.LEAD_ANALYST)
    assert key.startswith(f"{caller.public_key}.")
    assert KEY_PATTERN.fullmatch(key)


def test_the_secret_is_not_in_the_database(tmp_path: Path) -> None:
    key = create_key(f"sqlite:///{tmp_path / 'registry.db'}", "Administrator", "first")
    public, secret = key.split(".")
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert public.encode() in stored
    assert secret.encode() not in stored


def test_no_two_keys_are_alike(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    halves = [half for _ in range(3) for half in create_key(url, "Analyst", "same").split(".")]
    assert len(set(halves)) == 6


@pytest.mark.parametrize(
    ("role", "name", "hint"), [("root", "x", '"Lead Analyst"'), ("Analyst", " ", "name it"), ("Analyst", "x" * 256, "")]
)
def test_a_key_needs_a_known_role_and_a_name(tmp_path: Path, role: str, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        create_key(f"sqlite:///{tmp_path / 'registry.db'}", role, name)
    assert hint in caught.value.hint
    assert list(tmp_path.iterdir()) == []
