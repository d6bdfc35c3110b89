"""What people see of a report. Snapshots are reviewed by eye: run with --snapshot-update and read the difference."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType
from syrupy.assertion import SnapshotAssertion

from rolecall.cli.commands.check import print_check
from rolecall.cli.options import Options
from rolecall.cli.views.changes import print_changes
from rolecall.cli.views.comparison import print_comparison
from rolecall.cli.views.console import THEME, to
from rolecall.cli.views.failures import print_failures
from rolecall.cli.views.groups import WORDS
from rolecall.cli.views.progress import Bars, Lines, live_bars
from rolecall.cli.views.roll import print_roll
from rolecall.core.comparison import Move
from rolecall.core.ids import AccountId
from rolecall.core.plan import Action
from rolecall.core.report import Failure
from rolecall.core.verdicts import Verdict
from tests.reports import rolls

OPTIONS = Options(config=None, color=False)  # type: ignore[arg-type]


def row(number: int, name: str, path: str, verdict: str, reason: str, **facts: Any) -> dict[str, Any]:
    return {
        "id": f"{100_000_000_000 + number}",
        "name": name,
        "path": path,
        "state": "ACTIVE",
        "deployment": "deployed",
        "access": "answering",
        "registration": "registered",
        "verdict": verdict,
        "reason": reason,
        "missing_permissions": [],
        "causes": [],
    } | facts


ROWS = [
    row(0, "management", "/", "ready", "answers the platform alone; 62 permissions allowed"),
    row(1, "storefront-prod", "/Workloads/Prod", "ready", "answers the platform alone; 62 permissions allowed"),
    row(
        2,
        "legacy-erp",
        "/Corporate",
        "unreachable",
        "blocked by something that rolecall did not make: CadoResponseRole already exists; "
        "rename or remove it there, then `rolecall apply --retry-blocked`",
        deployment="failed",
        access="unknown",
        registration="unregistered",
    ),
    row(
        3,
        "locked-down",
        "/Corporate/Restricted",
        "restricted",
        "answers the platform alone; 2 permissions of ebs denied by a service control policy (DenySnapshots): "
        "ebs:GetSnapshotBlock, ec2:CreateSnapshot",
        access="restricted",
    ),
    row(
        4,
        "[bold]tricky[/bold]",
        "/",
        "unsafe",
        "the role answers without the external id: anybody who knows its ARN may use the platform",
        access="open",
        registration="stale",
    ),
    row(
        5,
        "retired-2023",
        "/Suspended",
        "excluded",
        "the account is suspended: StackSets skip it and nobody can assume a role in it",
        state="SUSPENDED",
        deployment="skipped",
        access="unknown",
        registration=None,
    ),
    row(
        6, "new", "/Sandboxes", "pending", "the role is not there yet: `rolecall apply` deploys it", deployment="absent"
    ),
    row(7, "unasked", "/Sandboxes", "unknown", "nobody has asked the role: `rolecall check` does", access="unknown"),
]
REPORT: dict[str, Any] = {
    "rolecall": "0.1.0",
    "kind": "check",
    "organization": {"id": "o-exampleorg", "management_account": "100000000000", "accounts": len(ROWS)},
    "accounts": ROWS,
    "summary": {
        "total": 8,
        "targets": 7,
        "by_verdict": {
            "unsafe": 1, "excluded": 1, "pending": 1, "unreachable": 1, "restricted": 1, "ready": 2, "unknown": 1,
        },
    },
    "changes": [],
    "failures": None,
    "notes": None,
    "breaker": None,
    "findings": None,
}  # fmt: skip


def change(action: str, subject: str, number: int | None, detail: str = "") -> dict[str, Any]:
    account = None if number is None else f"{100_000_000_000 + number}"
    return {"action": action, "subject": subject, "account": account, "detail": detail, "differences": []}


def planned(*changes: dict[str, Any]) -> dict[str, Any]:
    return REPORT | {"kind": "plan", "changes": list(changes)}


MANY = [row(number, f"account-{number:02}", "/", "pending", "x") for number in range(20)]
SET, INSTANCE, PLATFORM = "stack set rolecall-X", "stack instance of rolecall-X", "platform forensics"
PLAN = planned(
    change("create-stack-set", SET, None, "deploys role X in us-east-1"),
    *(change("create-stack-instance", INSTANCE, number) for number in (1, 3, 6)),
    change("delete-stack-instance", INSTANCE, 7, "unasked: listed in targets.exclude_accounts"),
    change("blocked", INSTANCE, 2, "CadoResponseRole already exists"),
    change("blocked", INSTANCE, 999, "the account is not in the organization"),
    change("create-stack", "stack rolecall-X", 0, "StackSets leave the management account out"),
    *(change("register", PLATFORM, number) for number in (0, 1)),
    change("replace-registration", PLATFORM, 4, "registered as old, should be [bold]tricky[/bold] (100000000004)"),
)


def console(width: int) -> tuple[Console, StringIO]:
    out = StringIO()
    made = to(out, OPTIONS)
    made.width = width
    return made, out


def roll(width: int, report: dict[str, Any] = REPORT) -> str:
    made, out = console(width)
    print_roll(made, report)
    return out.getvalue()


def plan(report: dict[str, Any], *, verbose: bool = False) -> str:
    made, out = console(120)
    print_changes(made, report, verbose=verbose)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120, 180])
def test_the_roll(width: int, snapshot: SnapshotAssertion) -> None:
    assert roll(width) == snapshot


@pytest.mark.parametrize("width", [80, 100, 109, 110, 120, 169, 170, 180])
def test_no_line_of_the_roll_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, roll(width).splitlines())) <= width


@pytest.mark.parametrize("width", [80, 120, 180])
def test_every_account_is_on_the_roll_with_its_verdict_and_whole_reason(width: int) -> None:
    text = roll(width)
    letters = "".join(text.split())
    for entry in ROWS:
        assert any(entry["id"] in line and entry["verdict"] in line for line in text.splitlines())
        assert all(word in letters for word in entry["reason"].split())


def called(width: int, report: dict[str, Any], *, verbose: bool = False) -> str:
    made, out = console(width)
    print_check(made, report, verbose=verbose)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 140])
def test_ten_thousand_accounts_of_a_roll_call_are_a_few_lines(width: int, snapshot: SnapshotAssertion) -> None:
    text = called(width, rolls.many(10_000))
    assert len(text.splitlines()) < 80
    assert text == snapshot


def test_all_of_many_accounts_are_on_the_roll_when_asked() -> None:
    report = rolls.many(300)
    few, all_of_them = called(160, report), called(160, report, verbose=True)
    assert sum(row["id"] in few for row in report["accounts"]) < 10
    assert all(row["id"] in all_of_them for row in report["accounts"])


def test_accounts_are_alike_whatever_id_their_reason_names_and_one_alone_keeps_its_own() -> None:
    report = rolls.roll([rolls.row(number, Verdict.UNREACHABLE) for number in range(201)])
    assert "arn:aws:iam::ACCOUNT:role" in "".join(called(160, report).split())
    alone = rolls.roll([*(rolls.row(number) for number in range(201)), rolls.row(900, Verdict.UNREACHABLE)])
    assert "arn:aws:iam::100000000900:role" in "".join(called(160, alone).split())


def test_two_hundred_accounts_have_a_line_each() -> None:
    assert "share a line" not in called(160, rolls.many(200))
    assert "share a line" in called(160, rolls.many(201))


def test_when_roles_were_last_used_is_shown_where_it_was_asked() -> None:
    used = row(0, "one", "/", "ready", "well", last_used={"at": "2026-03-01T12:00:00Z", "region": "eu-west-1"})
    never = row(1, "two", "/", "ready", "well", last_used=None)
    report = {**REPORT, "accounts": [used, never]}
    assert "Last used" in roll(120, report)
    assert "2026-03-01" in roll(120, report)
    assert "Last used" not in roll(200, {**REPORT, "accounts": [never]})


def test_a_roll_call_that_was_cut_short_says_so() -> None:
    assert "cut short" in called(160, rolls.EVERY_VERDICT | {"interrupted": True})
    assert "cut short" not in called(160, rolls.EVERY_VERDICT)


def test_what_changed_is_told_in_a_few_lines(snapshot: SnapshotAssertion) -> None:
    made, out = console(120)
    print_comparison(made, rolls.many(300))
    assert out.getvalue() == snapshot


def test_a_comparison_in_which_nothing_changed_says_so_and_none_says_nothing() -> None:
    made, out = console(120)
    print_comparison(made, rolls.roll([]))
    assert out.getvalue() == ""
    moves: dict[str, list[Any]] = {move: [] for move in Move}
    print_comparison(made, rolls.roll([], comparison={"taken": rolls.BEFORE, **moves, "not_compared": 0}))
    assert out.getvalue() == "Since 2026-11-20 06:00:00 UTC: nothing changed\n"


def test_coverage_is_shown_of_the_targets_and_of_all() -> None:
    text = roll(120)
    assert "Coverage: 2/7 targets ready (28 %), 2/8 of all accounts (25 %)" in text
    assert "8 accounts: 1 unsafe, 1 unreachable, 1 restricted, 1 unknown, 1 pending, 2 ready, 1 excluded" in text


@pytest.mark.parametrize(("ready", "targets", "shown"), [(999, 1000, "99 %"), (1000, 1000, "100 %"), (0, 0, "none")])
def test_a_hundred_per_cent_is_only_shown_when_it_is_all(ready: int, targets: int, shown: str) -> None:
    counts = {**dict.fromkeys(REPORT["summary"]["by_verdict"], 0), "ready": ready}
    summary = {"total": 1000, "targets": targets, "by_verdict": counts}
    assert f"{ready}/{targets} targets ready ({shown})" in roll(120, REPORT | {"summary": summary})


def test_the_plan(snapshot: SnapshotAssertion) -> None:
    assert plan(PLAN) == snapshot


def test_a_plan_of_many_accounts_names_a_few_and_all_when_asked() -> None:
    report = planned(*(change("register", PLATFORM, number) for number in range(20))) | {"accounts": MANY}
    assert "account-07 and 12 more" in plan(report)
    assert "account-19" not in plan(report)
    assert "account-19" in plan(report, verbose=True)


@pytest.mark.parametrize(
    ("changes", "tail"),
    [
        ([], "No changes"),
        ([change("register", PLATFORM, 1)], "1 change"),
        ([change("blocked", SET, None, "x")], "No changes, 1 blocked"),
        ([change("register", PLATFORM, 1), change("register", PLATFORM, 2), change("blocked", SET, None, "x")],
         "2 changes, 1 blocked"),
    ],
)  # fmt: skip
def test_a_plan_ends_with_what_is_pending_and_blocked(changes: list[dict[str, Any]], tail: str) -> None:
    assert plan(planned(*changes)).splitlines()[-1] == tail


def test_a_plan_without_rows_names_accounts_by_their_ids() -> None:
    assert "in 100000000001" in plan(planned(change("register", PLATFORM, 1)) | {"accounts": None})


def test_failures_are_told_a_line_an_account() -> None:
    made, out = console(120)
    failures = [Failure(AccountId("100000000002"), SET, "Limit [exceeded]"), Failure(None, SET, "FAILED: why")]
    print_failures(made, failures, {AccountId("100000000002"): "legacy-erp"})
    assert out.getvalue().splitlines() == [
        "  failed: stack set rolecall-X in legacy-erp (100000000002): Limit [exceeded]",
        "  failed: stack set rolecall-X: FAILED: why",
    ]


def test_failures_that_were_told_as_they_happened_are_counted_by_cause() -> None:
    made, out = console(120)
    accounts = [AccountId(f"{100_000_000_000 + number}") for number in range(12)]
    failures = [Failure(account, SET, "X already exists", "name-taken") for account in accounts[:10]]
    failures += [Failure(accounts[11], SET, "Rate exceeded", "throttled"), Failure(None, "platform", "no answer")]
    print_failures(made, failures, {accounts[11]: "legacy-erp"}, told=True)
    first, second, third = out.getvalue().replace("\n  f", "\0  f").replace("\n", " ").split("\0")
    assert first == "  failed: platform: no answer"
    assert second.startswith("  failed in 10 accounts (100000000000, 100000000001, ")
    assert second.endswith(" and 2 more): name-taken, as told above")
    assert third.strip() == "failed in 1 account (legacy-erp): throttled, as told above"


def test_colour_is_off_when_it_is_not_wanted() -> None:
    assert "\x1b" not in roll(120) + plan(PLAN)


def test_a_stage_is_one_line_of_a_log() -> None:
    made, out = console(120)
    lines = Lines(made)
    lines.begin("Calling the roll", 5)
    for done in range(1, 6):
        lines.reached(done, "1 failed" if done == 5 else "")
    lines.end()
    lines.end()
    lines.say("[bold]a line[/bold]")
    stage, said = out.getvalue().splitlines()
    assert stage.startswith("Calling the roll: 5/5, 1 failed ")
    assert said == "[bold]a line[/bold]"


def test_a_long_stage_has_a_line_every_so_often_in_a_log() -> None:
    made, out = console(120)
    time = iter([0.0, 0.0, 10.0, 35.0, 50.0, 70.0, 75.0, 76.0])
    lines = Lines(made, lambda: next(time))
    lines.begin("Deploying", 100)
    for done in (0, 10, 35, 50, 70, 100):
        lines.begin("Deploying", 100)
        lines.reached(done, "3 failed" if done > 40 else "")
    lines.end()
    assert out.getvalue().splitlines() == [
        "Deploying: 35/100; 60 a minute, about 1 minute left",
        "Deploying: 70/100, 3 failed; 60 a minute, about 30 seconds left",
        "Deploying: 100/100, 3 failed 76.0 s",
    ]


def test_accounts_in_which_something_is_mended_have_their_names_and_what_is_the_matter() -> None:
    many = [change("rewrite-stack-instance", INSTANCE, number, f"changed: {number // 3}") for number in (1, 2, 3)]
    told = plan(planned(*many, change("recreate-stack-instance", INSTANCE, 3, "changed: tags")))
    assert (
        f"  ~ rewrite the policies of {INSTANCE} in 2 accounts: legacy-erp, storefront-prod\n      changed: 0\n" in told
    )
    assert f"  ~ rewrite the policies of {INSTANCE} in locked-down (changed: 1)\n" in told
    assert told.index("Removals") < told.index("-/+ delete and make anew")


def difference(what: str, before: str, after: str) -> dict[str, str]:
    return {"what": what, "before": before, "after": after}


def test_an_update_says_before_and_after_and_removals_stand_apart() -> None:
    update = change("update-stack-set", SET, None, "role name") | {"differences": [difference("role name", "Old", "")]}
    removals = [change("delete-stack-instance", INSTANCE, number, "closed") for number in (1, 2)]
    made = [change("retry-stack-instance", INSTANCE, number, f"why {number % 2}") for number in (3, 4, 5)]
    text = plan(planned(*removals, update, *made))
    assert "      role name: Old -> nothing\n" in text
    assert text.index(f"update {SET}") < text.index("\nRemovals\n") < text.index(f"- delete {INSTANCE}")
    assert "      2: why 1\n      1: why 0\n" in text
    assert "6 changes, 2 removals among them" in text


def ten_thousand() -> dict[str, Any]:
    """Kinds of changes that alternate from account to account, as the diff gives them."""
    rows = [row(number, f"account-{number:05}", "/", "pending", "x") for number in range(10_000)]
    kinds = [("create-stack-instance", "no role yet"), ("retry-stack-instance", "failed before: name taken")]
    made = [(number, *kinds[number % 100 == 7]) for number in range(9_812)]
    changes = [change(action, INSTANCE, number, why) for number, action, why in made]
    changes += [change("delete-stack-instance", INSTANCE, number, "closed") for number in range(9_812, 10_000)]
    arn = "arn:aws:iam::{}:role/{}"
    for number in range(9_000):
        moved = difference("role", arn.format(number, "OldRole"), arn.format(number, "NewRole"))
        named = [difference("account name", "old form", "new form")] if number < 500 else []
        changes.append(
            change("replace-registration", PLATFORM, number, "other role") | {"differences": [moved, *named]}
        )
    return planned(*changes) | {"accounts": rows, "organization": {"id": "o-exampleorg", "accounts": 10_000}}


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(width: int, report: dict[str, Any], *, verbose: bool = False) -> str:
    out = Terminal()
    made = to(out, OPTIONS)
    made.width = width
    print_changes(made, report, verbose=verbose)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_ten_thousand_accounts_are_a_few_lines(width: int, snapshot: SnapshotAssertion) -> None:
    text = on_a_terminal(width, ten_thousand())
    assert max(map(len, text.splitlines())) <= width
    assert text == snapshot


def test_all_of_ten_thousand_are_told_when_asked() -> None:
    text = plan(ten_thousand(), verbose=True)
    assert all(f"account-{number:05}" in text for number in range(10_000))
    assert "role in account-00042: arn:aws:iam::42:role/OldRole -> arn:aws:iam::42:role/NewRole" in text


def test_each_account_keeps_its_own_reason() -> None:
    changes = [change("retry-stack-instance", INSTANCE, number, f"why {number}") for number in range(12)]
    text = plan(planned(*changes[:2]))
    assert "      1: why 0\n      1: why 1\n" in text
    text = plan(planned(*changes))
    assert "      4: 4 other reasons, told with --verbose\n" in text
    text = plan(planned(*changes), verbose=True)
    assert "      1: why 11 (100000000011)\n" in text
    assert "other reason" not in text


def test_a_cause_that_blocks_many_is_told_once_with_their_number() -> None:
    blocked = [change("blocked", INSTANCE, number, f"[cause] {number % 2}") for number in range(1, 5)]
    lines = plan(planned(*blocked)).splitlines()
    assert lines[1:5] == [
        f"  ! blocked: {INSTANCE} in 2 accounts: locked-down, storefront-prod",
        "      [cause] 1",
        f"  ! blocked: {INSTANCE} in 2 accounts: [bold]tricky[/bold], legacy-erp",
        "      [cause] 0",
    ]


def test_units_of_one_stack_set_are_told_each() -> None:
    text = plan(planned(*(change("add-unit", SET, None, f"ou-{number} becomes a target") for number in (1, 2))))
    assert f"  + add a unit to {SET} (ou-1 becomes a target)\n  + add a unit to {SET} (ou-2 becomes a target)\n" in text


def test_every_action_has_its_words() -> None:
    assert WORDS.keys() == set(Action)


FINDINGS = [
    {
        "id": "name-taken",
        "level": "blocks",
        "account": row["id"],
        "message": "the role exists, and rolecall did not make it",
        "hint": "rename or delete it there",
    }
    for row in ROWS[1:4]
]
WARNING = {
    "id": "quarantine-unit",
    "level": "warns",
    "account": None,
    "message": "an account that is moved to /Quarantine loses the role",
    "hint": "retain_on_removal: true",
}
UNSEEN = {**WARNING, "level": "not checked", "message": "whether [bold]names[/bold] are taken", "hint": ""}


def test_what_preflight_found_stands_beneath_and_what_blocks_among_the_changes() -> None:
    blocked = change("blocked", "stack instance of S", 1, f"{FINDINGS[0]['message']}; {FINDINGS[0]['hint']}")
    shown = plan(planned(blocked) | {"findings": [FINDINGS[0], WARNING, UNSEEN]})
    assert shown.count("rolecall did not make it") == 1
    assert shown.splitlines()[-3:] == [
        "warning: an account that is moved to /Quarantine loses the role",
        "  -> retain_on_removal: true",
        "not checked: whether [bold]names[/bold] are taken",
    ]


def test_what_is_tried_all_the_same_is_said_to_fail_with_the_accounts() -> None:
    shown = plan(planned() | {"findings": FINDINGS})
    assert (
        "will fail: the role exists, and rolecall did not make it, in legacy-erp, locked-down, storefront-prod" in shown
    )


def test_a_roll_call_shows_live_what_it_has_found() -> None:
    made = Console(file=StringIO(), force_terminal=True, width=100, theme=THEME, legacy_windows=False)
    with live_bars(made) as shown:
        bars = Bars(shown)
        bars.begin("Calling the roll", 10_000)
        bars.tally({"answering": 9_000, "refused": 12, "open": 1})
        bars.reached(9_013)
        text = _plain(shown.get_renderable())
        bars.end()
        after = _plain(shown.get_renderable())
    assert "Calling the roll" in text
    assert [line.split() for line in text.splitlines()[-3:]] == [
        ["1", "open", "lets", "in", "more", "than", "the", "platform"],
        ["12", "refused", "cannot", "be", "assumed"],
        ["9,000", "answering", "as", "it", "should", "be"],
    ]
    assert after.strip() == ""


def _plain(renderable: RenderableType) -> str:
    out = StringIO()
    Console(file=out, width=100, theme=THEME).print(renderable)
    return out.getvalue().rstrip()


def test_a_log_is_told_how_many_are_not_as_they_should_be() -> None:
    out = StringIO()
    lines = Lines(Console(file=out, width=100))
    lines.begin("Calling the roll", None)
    lines.tally({"answering": 2, "refused": 1})
    lines.reached(3)
    lines.end()
    assert out.getvalue().startswith("Calling the roll: 3, 1 refused ")


def test_where_nothing_has_changed_nobody_was_asked() -> None:
    made, out = console(120)
    print_roll(made, {"accounts": []})
    assert out.getvalue() == "No account was asked: none has changed\n"
