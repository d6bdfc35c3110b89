"""The rotation of the external id as the guide has it: the platform is never refused, and the old id is in the end."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import Shell
from tests.e2e.test_session import client, keys_of
from tests.sandbox.served import lets_in

OLD, NEW = "canary-old-external-id", "canary-new-external-id"


def taken(shell: Shell) -> set[str]:
    """Which of the two the roles take, of all accounts alike."""
    sts = client(shell, "sts", keys_of(shell, "platform"))
    accounts = [row["id"] for row in shell.ok("status", "--json").json()["accounts"]]
    answers = {frozenset(given for given in (OLD, NEW) if answers_to(sts, account, given)) for account in accounts}
    (same,) = answers
    return set(same)


def answers_to(sts: Any, account: str, external_id: str) -> bool:
    arn = f"arn:aws:iam::{account}:role/CadoResponseRole"
    return lets_in(sts, arn, external_id)


def test_the_external_id_is_rotated_without_a_gap(clean: Shell) -> None:
    clean.ok("init", "--external-id", OLD)
    clean.ok("apply", "--yes")
    assert taken(clean) == {OLD}
    file = clean.folder / "rolecall.yaml"
    first = file.read_text()
    file.write_text(first.replace(OLD, NEW).replace("role:\n", f"role:\n  former_external_ids: [{OLD}]\n", 1))
    plan = clean.ok("plan")
    assert OLD not in plan.stdout + plan.stderr
    assert NEW not in plan.stdout + plan.stderr
    assert "external id: nothing -> cana…" in plan.stdout
    clean.ok("apply", "--yes")
    assert taken(clean) == {OLD, NEW}, "the platform may present either"
    clean.ok("check")
    file.write_text(first.replace(OLD, NEW))
    clean.ok("apply", "--yes")
    assert taken(clean) == {NEW}
    clean.ok("check")
