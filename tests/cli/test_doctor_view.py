"""What people see of a diagnosis."""

from __future__ import annotations

from io import StringIO

from rolecall.cli.options import Options
from rolecall.cli.views.console import to
from rolecall.cli.views.doctor import print_diagnosis
from rolecall.core.diagnosis import bad, good, told, unchecked

OPTIONS = Options(config=None, color=False)  # type: ignore[arg-type]


def shown(*lines: object) -> list[str]:
    text = StringIO()
    print_diagnosis(to(text, OPTIONS), told("0.1.0", lines))  # type: ignore[arg-type]
    return text.getvalue().splitlines()


def test_a_line_each_with_the_mend_of_what_is_not_well_and_a_count() -> None:
    assert shown(
        good("credentials", "[bold]me[/bold], in account 100000000000"),
        bad("trusted access", "StackSets may not work", "rolecall doctor --fix"),
        unchecked("permissions", "AWS refused SimulatePrincipalPolicy"),
    ) == [
        "ok           credentials: [bold]me[/bold], in account 100000000000",
        "problem      trusted access: StackSets may not work",
        "             -> rolecall doctor --fix",
        "not checked  permissions: AWS refused SimulatePrincipalPolicy",
        "1 problem, 1 ok, 1 not checked",
    ]


def test_where_all_is_well_it_says_so() -> None:
    assert shown(good("a", "b"))[-1] == "No problem, 1 ok"
    assert shown(bad("a", "b"), bad("c", "d"))[-1] == "2 problems, 0 ok"
