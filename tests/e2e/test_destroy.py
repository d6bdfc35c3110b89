"""Destroy by hand: what it refuses, what a ledger that cannot be read stops, and what it does without credentials."""

from __future__ import annotations

import json

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import client


def test_what_it_refuses_and_what_does_not_stop_it(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("apply", "--yes")
    _accounts_are_named_by_ids_of_the_organization(clean)
    _a_ledger_that_cannot_be_read_stops_changes_and_hides_nothing_else(clean)
    _it_goes_on_without_the_platforms_credentials(clean)


def _accounts_are_named_by_ids_of_the_organization(shell: Shell) -> None:
    wrong = shell.run("destroy", "--yes", "--account", "12")
    assert (wrong.status, "'12' is not an AWS account id" in wrong.stderr) == (2, True)
    stranger = shell.run("destroy", "--yes", "--account", "999999999999")
    assert (stranger.status, "not in the organization: 999999999999" in stranger.stderr) == (2, True)


def _a_ledger_that_cannot_be_read_stops_changes_and_hides_nothing_else(shell: Shell) -> None:
    ledger = shell.folder / "rolecall.ledger.json"
    ledger.write_text('{"rolecall_ledger": 1, "entries": [{"account": "12"}], "templates": {}}')
    for command in ("apply", "destroy"):
        done = shell.run(command, "--yes")
        assert done.status == 2
        assert "entries[0].account: '12' is not an AWS account id" in done.stderr
        assert "entries[0].stack_id: is missing" in done.stderr
        assert "rolecall overwrites none that it cannot read" in done.stderr
    assert json.loads(ledger.read_text())["entries"] == [{"account": "12"}]
    check = shell.ok("check", "--json").json()
    assert check["summary"]["by_verdict"]["ready"] == check["summary"]["targets"]
    assert any("the ledger rolecall.ledger.json has" in note for note in check["notes"])
    ledger.unlink()


def _it_goes_on_without_the_platforms_credentials(shell: Shell) -> None:
    config = shell.folder / "rolecall.yaml"
    whole = config.read_text()
    config.write_text(whole.replace('profile: "platform"', 'profile: "nobody"'))
    assert config.read_text() != whole
    (note,) = shell.ok("destroy", "--yes", "--json").json()["notes"]
    assert note.startswith("not proven gone: the role in 12 accounts (")
    assert "nobody could be asked: " in note
    assert client(shell, "cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"] == []
