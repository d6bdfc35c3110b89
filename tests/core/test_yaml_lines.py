from __future__ import annotations

import pytest

from rolecall.core.yaml_lines import YamlProblem, parse

TEXT = """\
a: 1
b:
  c: [x, y]
  d:
    - e: 2
"""


def test_every_path_has_its_line() -> None:
    document = parse(TEXT)
    assert document.value == {"a": 1, "b": {"c": ["x", "y"], "d": [{"e": 2}]}}
    assert document.line_of(("b", "c")) == 3
    assert document.line_of(("b", "d", 0, "e")) == 5


def test_a_path_that_is_not_there_has_the_line_of_its_deepest_part() -> None:
    document = parse(TEXT)
    assert document.line_of(("b", "d", 0, "missing")) == 5
    assert document.line_of(("b", "missing")) == 2
    assert document.line_of(("missing",)) == 1


@pytest.mark.parametrize("digits", ["123456789012", "012345670123", "000000000000", "012345678901"])
def test_twelve_digits_stay_a_string(digits: str) -> None:
    assert parse(f"a: [{digits}, '{digits}']").value == {"a": [digits, digits]}


def test_other_numbers_are_numbers() -> None:
    assert parse("a: [12, 0x10, 1234567890123]").value == {"a": [12, 16, 1234567890123]}


def test_a_key_given_twice_is_told() -> None:
    document = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert document.repeated == (("b", "c"), ("a",))
    assert document.line_of(("a",)) == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [", 1),
        ("a: 1\nb: \0", 2),
        ("a: 1\nb: }", 2),
        ("a: 'open", 1),
        ("a:\n\t- b", 2),
        ("a: 1\n---\nb: 2", 2),
        ("? {a: 1}\n: 2", 1),
    ],
)
def test_what_is_not_one_document_is_a_problem_with_its_line(text: str, line: int) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse(text)
    assert caught.value.line == line
    assert caught.value.message


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "[" * 2000])
def test_nothing_but_a_problem_comes_out_of_a_bad_text(text: str) -> None:
    with pytest.raises(YamlProblem):
        parse(text)


def test_an_empty_text_holds_nothing() -> None:
    assert parse("").value is None
    assert parse("# only a comment\n").value is None


@pytest.mark.parametrize(
    "text", ["a: *CanaryKey", "a: !CanaryKey", "a: [&CanaryKey 1, &CanaryKey 2, *CanaryKeyTwo]", "a: !CanaryKey!x 1"]
)
def test_a_problem_never_repeats_names_of_the_text(text: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse(text)
    assert "Canary" not in caught.value.message
