"""Destroy by hand: what it refuses, and what a ledger that cannot be read stops."""

from __future__ import annotations

import json

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import client


def test_accounts_are_named_by_ids_of_the_organization(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    wrong = clean.run("destroy", "--yes", "--account", "12")
    assert (wrong.status, "'12' is not an AWS account id" in wrong.stderr) == (2, True)
    stranger = clean.run("destroy", "--yes", "--account", "999999999999")
    assert (stranger.status, "not in the organization: 999999999999" in stranger.stderr) == (2, True)


def test_a_ledger_that_cannot_be_read_stops_changes_and_hides_nothing_else(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("apply", "--yes")
    ledger = clean.folder / "rolecall.ledger.json"
    ledger.write_text('{"rolecall_ledger": 1, "entries": [{"account": "12"}], "templates": {}}')
    for command in ("apply", "destroy"):
        done = clean.run(command, "--yes")
        assert done.status == 2
        assert "entries[0].account: '12' is not an AWS account id" in done.stderr
        assert "entries[0].stack_id: is missing" in done.stderr
        assert "rolecall overwrites none that it cannot read" in done.stderr
    assert json.loads(ledger.read_text())["entries"] == [{"account": "12"}]
    check = clean.ok("check", "--json").json()
    assert check["summary"]["by_verdict"]["ready"] == check["summary"]["targets"]
    assert any("the ledger rolecall.ledger.json has" in note for note in check["notes"])


def test_it_says_what_is_proven_and_goes_on_without_the_platforms_credentials(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("apply", "--yes")
    config = clean.folder / "rolecall.yaml"
    whole = config.read_text()
    config.write_text(whole.replace('profile: "platform"', 'profile: "nobody"'))
    assert config.read_text() != whole
    done = clean.ok("destroy", "--yes", "--json").json()
    (note,) = done["notes"]
    assert note.startswith("not proven gone: the role in 12 accounts (")
    assert "nobody could be asked: " in note
    assert client(clean, "cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"] == []
