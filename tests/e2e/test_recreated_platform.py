"""`rolecall check` tells when the platform's role is another than the config knows, and when it is not the platform."""

from __future__ import annotations

import json

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import client, keys_of

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"


def deployed(shell: Shell) -> Shell:
    shell.ok("init", "--external-id", EXTERNAL_ID)
    shell.ok("apply", "--yes")
    return shell


def pin(shell: Shell, unique_id: str) -> None:
    file = shell.folder / "rolecall.yaml"
    pinned = f"role:\n  trust: {{principal_ids: {{'{PLATFORM}': {unique_id}}}}}\n"
    file.write_text(file.read_text().replace("role:\n", pinned, 1))


def test_a_platform_role_made_anew_is_told_with_the_table_and_in_json(clean: Shell) -> None:
    shell = deployed(clean)
    pin(shell, "AROAFORMER123456789")
    done = shell.run("check")
    assert done.status == 3
    assert "12 accounts: 12 ready" in done.stdout, "the roles go on answering"
    assert "was deleted and made anew" in " ".join(done.stdout.split())
    (note,) = [note for note in shell.run("check", "--json").json()["notes"] if "made anew" in note]
    assert "AROAFORMER123456789" in note


def test_the_platform_role_that_the_config_knows_is_not_worth_a_word(clean: Shell) -> None:
    shell = deployed(clean)
    told = client(shell, "sts", keys_of(shell, "platform")).get_caller_identity()
    pin(shell, told["UserId"].partition(":")[0])
    assert json.loads(shell.ok("check", "--json").stdout)["notes"] == []


def test_a_roll_called_by_somebody_else_says_so(clean: Shell) -> None:
    """Otherwise twelve refusals would look like twelve broken roles."""
    shell = deployed(clean)
    file = shell.folder / "rolecall.yaml"
    file.write_text(file.read_text().replace('profile: "platform"', 'profile: "management"'))
    done = shell.run("check")
    assert done.status == 3
    assert "which role.trusted_principals does not name" in " ".join(done.stdout.split())
