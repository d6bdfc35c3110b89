from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from math import inf

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from rolecall.core.ids import RoleArn
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.errors import AwsError
from rolecall.registry.accounts.importing import Fate, Outcome, run
from rolecall.registry.accounts.roles_csv import MAX_LINES, Line
from rolecall.registry.audit.change import Change
from rolecall.registry.auth import Role, authenticate
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import AccountRow, PipelineRow, SubtaskRow
from rolecall.registry.settings import Services
from tests.registry.conftest import Seed
from tests.registry.fakes import ABSENT_ROLE, GOOD_ROLE, OPEN_ROLE, FakeProbe
from tests.registry.working import until

from .visitor import Visitor, text_of

SLOW_ROLE = "arn:aws:iam::111122223333:role/Slow"
Add = Callable[..., None]
Audited = Callable[[], list[tuple[str, str]]]
FILE = f"""role,alias
{GOOD_ROLE},new
{GOOD_ROLE},there

{ABSENT_ROLE},absent
{OPEN_ROLE},open
{GOOD_ROLE},new
not an arn,wrong
{GOOD_ROLE},
one column
{GOOD_ROLE},"quoted, ""comma"" too"
{GOOD_ROLE},<script>alert(1)</script>
{GOOD_ROLE},other role
"""


def told(html: str) -> dict[int, str]:
    """Line number -> what the page says of it."""
    rows = html.partition("<tbody")[2].partition("</tbody>")[0].split("</tr>")[:-1]
    texts = [" ".join(re.sub(r"<[^>]*>", " ", row.replace("<wbr>", "")).split(">")[-1].split()) for row in rows]
    return {int(text.split()[0]): text.split(" ", 1)[1] for text in texts}


def lines_in(html: str) -> str:
    """The lines that the preview's form sends on, as a browser reads them."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", html, re.DOTALL)
    assert found
    return unescape(found[1])


@dataclass
class BreakingProbe(FakeProbe):
    """Its connection breaks after so many questions; of the role `SLOW_ROLE` it answers when it is told to."""

    breaks_after: float = inf
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        if str(role) == SLOW_ROLE:
            await self.may_answer.wait()
        if len(self.asked) >= self.breaks_after:
            raise ConnectionResetError
        return await super().assume(role, external_id=external_id)


@pytest.fixture
def probe() -> BreakingProbe:
    return BreakingProbe()


@pytest.fixture
def registered(add: Add) -> None:
    add("there", GOOD_ROLE)
    add("other role", OPEN_ROLE)


@pytest.mark.usefixtures("registered")
def test_the_preview_says_of_each_line_what_will_happen_and_changes_nothing(
    administrator: Visitor, audited: Audited, probe: FakeProbe
) -> None:
    answer = administrator.upload("/import/preview", "file", FILE.encode())
    assert answer.status_code == 200
    said = told(answer.text)
    assert list(said) == [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    for number, text in [
        (2, f"+ Will be added new {GOOD_ROLE}"),
        (3, "= Already there there"),
        (5, "+ Will be added absent"),
        (7, "= Twice in the file Line 2 has this name already. new"),
        (8, "✕ Invalid This is not the ARN of a role"),
        (9, "✕ Invalid An account needs a name of 1 to 255 characters."),
        (10, "✕ Invalid A line has two columns, role and alias; this one has 1."),
        (11, "+ Will be added quoted, &#34;comma&#34; too"),
        (12, "+ Will be added &lt;script&gt;alert(1)&lt;/script&gt;"),
        (13, f"= Already there Its role is another one: {OPEN_ROLE}."),
    ]:
        assert said[number].startswith(text)
    assert "Will be added 5 Already there 2 Twice in the file 1 Invalid 3" in text_of(answer)
    assert lines_in(answer.text) == FILE.strip()
    assert (audited(), probe.asked) == ([], [])


@pytest.mark.usefixtures("registered")
def test_the_import_adds_what_answers_and_tells_line_by_line(
    administrator: Visitor, audited: Audited, database: Database
) -> None:
    preview = administrator.send("/import/preview", lines=FILE)
    answer = administrator.send("/import/add", lines=lines_in(preview.text))
    said = told(answer.text)
    assert said[2].startswith("✓ Added new")
    assert said[3].startswith("= Already there")
    assert said[5].startswith(f"✕ Refused {ABSENT_ROLE} cannot be assumed. AWS says: AccessDenied")
    assert said[6].startswith(f"✕ Refused {OPEN_ROLE} can be assumed without the external id.")
    assert "Added 3 Refused 2 Already there 2 Twice in the file 1 Invalid 3" in text_of(answer)
    new = ["new", 'quoted, "comma" too', "<script>alert(1)</script>"]
    added = [("account_added", name) for name in new]
    assert sorted(audited()[:-1]) == sorted(added)
    assert audited()[-1] == ("accounts_imported", "3 accounts of 11 lines")
    with database.reading() as session:
        assert set(new) <= set(session.scalars(select(AccountRow.account_name)))
        assert session.scalars(select(PipelineRow.name)).all() == ["Account check of 3 accounts"]
        assert {row.parameters["account"] for row in session.scalars(select(SubtaskRow))} == set(new)


def test_the_same_file_again_changes_nothing(administrator: Visitor, database: Database) -> None:
    text = f"{GOOD_ROLE},one\n{GOOD_ROLE},two\n"
    for fate in ("✓ Added", "= Already there"):
        assert all(said.startswith(fate) for said in told(administrator.send("/import/add", lines=text).text).values())
    with database.reading() as session:
        assert len(session.scalars(select(PipelineRow.id)).all()) == 1


@pytest.mark.parametrize("heading", ["", "role,alias\n", "Role, Alias\r\n", "\ufeffrole,alias\n", "\n\nROLE,ALIAS\n"])
def test_a_heading_may_be_there_or_not(administrator: Visitor, heading: str) -> None:
    answer = administrator.upload("/import/preview", "file", f"{heading}{GOOD_ROLE},one".encode())
    assert [said[:15] for said in told(answer.text).values()] == ["+ Will be added"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "There is no line in it."),
        (b"role,alias\n\n ,\n", "There is no line in it."),
        (b"x,y\n" * (MAX_LINES + 1), "A file has at most 10,000 lines."),
        (b"x" * (1024 * 1024 + 1), "A file has at most 1,024 KiB."),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_why(administrator: Visitor, content: bytes, reason: str) -> None:
    answer = administrator.upload("/import/preview", "file", content)
    assert answer.status_code == 400
    assert reason in text_of(answer)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{GOOD_ROLE},Z\xfcrich".encode("latin-1"), "This is not UTF-8: save the file as UTF-8."),
        (f'{GOOD_ROLE},"{"x" * 140_000}'.encode(), "This is no CSV: field larger than field limit"),
        (f"{GOOD_ROLE},nul\0".encode(), "A name cannot hold the character NUL."),
        (f"{GOOD_ROLE},a,b".encode(), "A line has two columns, role and alias; this one has 3."),
        (b"AKIAIOSFODNN7EXAMPLE,key", "This is an access key. Only roles are registered"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_why(administrator: Visitor, content: bytes, reason: str) -> None:
    answer = administrator.upload("/import/preview", "file", content)
    assert reason in told(answer.text)[1]
    assert "/import/add" not in answer.text


def test_no_more_than_a_file_and_its_form_is_even_read(administrator: Visitor) -> None:
    answer = administrator.upload("/import/preview", "file", b"x" * 1_200_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert administrator.send("/accounts/add", name="x" * 70_000).status_code == 413


def test_ten_thousand_lines_are_previewed(administrator: Visitor, add: Add) -> None:
    add("n77")
    text = "\n".join(f"{GOOD_ROLE},n{number}" for number in range(MAX_LINES))
    answer = administrator.upload("/import/preview", "file", text.encode())
    assert "Will be added 9,999 Already there 1" in text_of(answer)


def test_where_aws_cannot_be_asked_each_line_says_so(administrator: Visitor, probe: FakeProbe) -> None:
    probe.error = AwsError("the network is down")
    said = told(administrator.send("/import/add", lines=f"{GOOD_ROLE},one\n{GOOD_ROLE},two").text)
    assert all("AWS could not be asked" in text for text in said.values())


def test_an_import_that_breaks_off_checks_what_it_had_added(
    administrator: Visitor, database: Database, audited: Audited, probe: BreakingProbe
) -> None:
    """In the second eight, as it does where the browser goes away."""
    probe.breaks_after = 16
    with pytest.raises(ConnectionResetError):
        administrator.send("/import/add", lines="\n".join(f"{GOOD_ROLE},n{number}" for number in range(9)))
    assert audited()[-1] == ("accounts_imported", "8 accounts of 9 lines")
    with database.reading() as session:
        assert session.scalars(select(PipelineRow.name)).all() == ["Account check of 8 accounts"]


@pytest.mark.parametrize(("times", "number"), [(1, 8), (2, 7)])
async def test_an_import_that_nobody_waits_for_checks_what_it_adds_all_the_same(
    app: FastAPI, seed: Seed, probe: BreakingProbe, times: int, number: int
) -> None:
    """Broken off while one of eight is still asked: the others are in the database by then. At a shutdown it is broken
    off twice, and does not wait for the eighth any more."""
    services: Services = app.state.services
    probe.guarded.add(SLOW_ROLE)
    with services.database.reading() as session:
        caller = authenticate(session, seed.keys[Role.ADMINISTRATOR])
    assert caller
    change = Change(services, caller, "POST", "/import/add", None)
    outcomes = [Outcome(Line(line, GOOD_ROLE, f"n{line}"), Fate.ADD) for line in range(7)]
    outcomes.append(Outcome(Line(7, SLOW_ROLE, "n7"), Fate.ADD))

    async def first() -> Outcome:
        return await anext(run(services, change, outcomes))

    importing = asyncio.create_task(first())
    await until(lambda: len(asyncio.all_tasks() - {asyncio.current_task(), importing}) == 1)  # the slow one is left
    for _ in range(times):
        importing.cancel()
        await asyncio.sleep(0)
    if number == 8:
        probe.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await importing
    with services.database.reading() as session:
        added = set(session.scalars(select(AccountRow.account_name)))
        assert added == {f"n{line}" for line in range(number)}
        assert {row.parameters["account"] for row in session.scalars(select(SubtaskRow))} == added


def test_an_analyst_may_not_import(analyst: Visitor, audited: Audited) -> None:
    for answer in (
        analyst.get("/import"),
        analyst.send("/import/preview", lines=FILE),
        analyst.send("/import/add", lines=FILE),
    ):
        assert answer.status_code == 403
        assert "The role Analyst may not add or remove accounts." in text_of(answer)
    assert audited() == []


def test_an_import_without_the_sessions_token_adds_nothing(administrator: Visitor, audited: Audited) -> None:
    assert administrator.browser.post("/import/add", data={"lines": FILE}).status_code == 403
    assert audited() == []
