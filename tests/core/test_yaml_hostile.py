"""Texts that were made to break a YAML reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core.config_reader import read_config
from rolecall.core.yaml_lines import YamlProblem, parse
from rolecall.errors import ConfigError

BOMB = "".join(
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
    ]
)


@pytest.mark.parametrize(("text", "line"), [(BOMB, 2), ("a: &a [*a]", 1), ("a: &a {b: 1}\nc:\n  <<: *a", 3)])
def test_an_alias_is_refused_where_it_stands(text: str, line: int) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse(text)
    assert (caught.value.line, caught.value.message) == (line, "an alias (*name) is not taken")


def test_a_config_with_an_alias_is_told_how_to_do_without() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config("version: 1\nrole: *theirs\n", "rolecall.yaml")
    (problem,) = caught.value.problems
    assert str(problem) == "rolecall.yaml:2: not YAML: an alias (*name) is not taken"
    assert problem.hint == "write the value itself, in quotes if it begins with *"


@pytest.mark.parametrize(
    "value",
    [
        *("!!timestamp x", "!!binary x", "!!binary é", "!!int ''", "!!int x", "!!float ''", "!!float x", "!!bool x"),
        *("!!set [1]", "!!omap {a: 1}", "!!pairs x", "{<<: 1}", "2001-99-99", "9" * 5000, "{[]: 1}"),
        *("{!!timestamp x: 1}", '"\\UFFFFFFFF"', '"\\U00110000"'),
    ],
)
def test_a_value_that_cannot_be_made_is_a_problem_with_its_line(value: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse(f"a: 1\nb: {value}\n")
    assert caught.value.line == 2
    assert caught.value.message


def test_deep_nesting_is_a_problem_with_its_line() -> None:
    with pytest.raises(YamlProblem, match="nested too deeply") as caught:
        parse("a: 1\nb: " + "[" * 5000)
    assert caught.value.line == 2


TAGS = [f"!!{name}" for name in ("timestamp", "binary", "int", "float", "bool", "null", "set", "omap", "pairs", "map")]
MARKS = ["%YAML", "---", "...", "&", "*", "<<", "1:60", "0x", "1e5", "\\U", "\\x", *"|>[]{}:,?-!'\"\n\t#~="]
words = st.one_of(st.sampled_from(TAGS), st.sampled_from(MARKS), st.text(max_size=4))


def told(text: str) -> tuple[object, ...]:
    """Line, message and hint of the problem; nothing where there is none."""
    try:
        parse(text)
    except YamlProblem as problem:
        return problem.line, problem.message, problem.hint
    return ()


@settings(max_examples=300, deadline=None)
@given(st.lists(words, max_size=12).map(" ".join))
def test_whatever_the_text_it_is_a_document_or_a_problem_with_line_message_and_hint(text: str) -> None:
    assert all(told(text))
