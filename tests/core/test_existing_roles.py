"""The file of roles with names of their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.existing_roles import HEADER, parse, render
from rolecall.core.ids import AccountId, RoleArn

ONE, TWO = AccountId("100000000001"), AccountId("100000000002")
ARN = f"arn:aws:iam::{ONE}:role/StackSet-Older-0b5f-CadoRole-1ABC"

ACCOUNTS = st.from_regex(r"[0-9]{12}", fullmatch=True).map(AccountId)
NAMES = st.from_regex(r"[A-Za-z0-9_+=,.@-]{1,64}", fullmatch=True)
PATHS = st.sampled_from(["/", "/ir/", "/a,b/c/"])


@given(st.dictionaries(ACCOUNTS, st.tuples(PATHS, NAMES), max_size=5))
def test_what_is_written_is_read(found: dict[AccountId, tuple[str, str]]) -> None:
    roles = {account: RoleArn("aws", account, path, name) for account, (path, name) in found.items()}
    assert parse(render(roles), "f") == (roles, ())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, f"does not begin with {HEADER}"),
        (f"role,account\n{ONE},{ARN}", 1, "does not begin with"),
        (f"{HEADER}\n{ONE}", 2, "is not the ARN"),
        (f"{HEADER}\n\n1234,{ARN}", 3, "is not an AWS account id"),
        (f"{HEADER}\n{TWO},{ARN}", 2, f"names {TWO} and a role of {ONE}"),
        (f"{HEADER}\n{ONE},{ARN}\n{ONE},{ARN}", 3, "is given twice"),
        (f"{HEADER}\n{ONE},arn:aws:iam::{ONE}:user/somebody", 2, "is not the ARN"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, words: str) -> None:
    _, problems = parse(text, "roles.csv")
    assert [(problem.file, problem.line) for problem in problems] == [("roles.csv", line)]
    assert words in problems[0].message


def test_every_problem_is_told_and_the_other_lines_are_read() -> None:
    roles, problems = parse(f"{HEADER}\nnobody,{ARN}\n{ONE},{ARN}\n{TWO},none\n", "f")
    assert (list(roles), [problem.line for problem in problems]) == ([ONE], [2, 4])


def test_a_file_from_a_spreadsheet_is_read() -> None:
    roles, problems = parse(f'\ufeff{HEADER}\r\n"{ONE}","{ARN},x"\r\n', "f")
    assert (str(roles[ONE]), problems) == (f"{ARN},x", ())
