"""The page's text: what is in it, and that no account name gets out of its place. In a browser: test_page_browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolecall.core.verdicts import Verdict
from rolecall.reports import Format, render
from rolecall.reports.html import MARKS, MOVES

from .rolls import EVERY_VERDICT, many, named, roll, row


def page(report: dict[str, Any]) -> str:
    return render(Format.HTML, report)


class Reader(HTMLParser):
    """The elements, and the text within scripts, styles and the rest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.tags[-1][0] if self.tags else "", data))

    def text_of(self, tag: str, number: int = 0) -> str:
        return [text for found, text in self.texts if found == tag and text.strip()][number]


def data(text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Reader(text).text_of("script"))
    return told


def visible(text: str) -> str:
    return re.sub(r"\s+", " ", " ".join(found for tag, found in Reader(text).texts if tag not in ("script", "style")))


def test_the_coverage_comes_first_and_twice() -> None:
    text = visible(page(EVERY_VERDICT))
    assert "16.6 % of the target accounts are ready 1 of 6 targets · 14.2 % of all accounts" in text
    assert text.index("16.6 %") < text.index("Verdicts") < text.index("Accounts Searching")


@pytest.mark.parametrize(
    ("ready", "missing", "figure"),
    [(999, 1, "99.9 %"), (9999, 1, "99.9 %"), (5, 0, "100 %"), (0, 3, "0 %"), (1, 1, "50 %")],
)
def test_a_hundred_per_cent_is_only_said_when_it_is_all(ready: int, missing: int, figure: str) -> None:
    verdicts = [Verdict.READY] * ready + [Verdict.UNSAFE] * missing
    text = page(roll([row(number, verdict) for number, verdict in enumerate(verdicts)]))
    assert f'<b class="figure">{figure}</b>' in text


def test_no_target_is_no_figure() -> None:
    assert "No account is a target" in page(roll([row(1, Verdict.EXCLUDED)]))


def test_a_roll_call_of_a_few_is_no_figure_of_the_whole() -> None:
    few = roll([row(1), row(2, Verdict.UNSAFE)])
    few["organization"]["accounts"] = 1200
    text = visible(page(few))
    assert "50 % of the targets among the accounts that were named are ready" in text
    assert "a roll call of 2 of the organization's 1,200 accounts: the others were not asked" in text


def test_what_is_not_known_is_said_at_once() -> None:
    assert "cut short" not in page(EVERY_VERDICT)
    text = visible(page(EVERY_VERDICT | {"interrupted": True}))
    assert "This roll call was cut short. Unknown targets: 1." in text
    assert 'class="warning"' not in page(roll([row(1)]))


def test_the_comparison_names_who_moved_and_since_when() -> None:
    text = visible(page(many(700)))
    assert "Since 20 November 2026, 06:00 UTC" in text
    assert "Left the organization: 1 long-gone 100000000701 : unreachable → gone, not ready since 2026-11-20" in text
    assert re.search(r"Still missing: \d+ \S+ \d{12} : \w+, not ready since 2026-11-09", text)
    assert "Since" not in visible(page(EVERY_VERDICT))


def test_every_account_is_in_the_table_for_who_has_no_javascript() -> None:
    report = many(500)
    table = page(report).partition("<noscript>")[2].partition("</noscript>")[0]
    assert all(row["id"] in table for row in report["accounts"])
    assert table.count("<tr") == 501


def test_every_account_is_in_the_data() -> None:
    report, told = many(500), data(page(many(500)))
    place = {column: index for index, column in enumerate(told["columns"])}
    rows = {line[place["id"]]: line for line in told["rows"]}
    for entry in report["accounts"]:
        assert told["words"][rows[entry["id"]][place["reason"]]] == entry["reason"]
        assert rows[entry["id"]][place["name"]] == entry["name"]


def test_ten_thousand_accounts_are_a_few_megabytes() -> None:
    assert len(page(many(10_000))) < 4_500_000


def test_nothing_is_fetched_and_only_what_is_here_runs() -> None:
    text = page(EVERY_VERDICT)
    read = Reader(text)
    policy = next(found["content"] for tag, found in read.tags if "http-equiv" in found)
    assert policy is not None
    for kind, inside in (("style", read.text_of("style")), ("script", read.text_of("script", 1))):
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    held = {name for _, found in read.tags for name in found}
    assert not held & {"src", "style", "onclick", "onload", "srcset"}
    assert {found["href"] for _, found in read.tags if "href" in found} == {"#accounts"}


_SHAPE = [tag for tag, _ in Reader(page(named("plain"))).tags]


@given(st.text(st.characters(codec="utf-8"), max_size=40))
@example("</script><script>alert(1)</script>")
@example("<!--<script>")
@example("</noscript><img src=x onerror=alert(1)>")
@example("\u2028\u2029")
@example("$style ${data} $$")
@example("\x00\x1b\x85\ud800\uffff")
@example("&amp;&lt;")
def test_no_name_gets_out_of_its_place(name: str) -> None:
    text = page(named(name))
    assert [tag for tag, _ in Reader(text).tags] == _SHAPE
    told = data(text)
    assert {line[told["columns"].index("name")] for line in told["rows"]} == {name}
    text.encode()


def test_every_verdict_and_every_move_has_its_words() -> None:
    from rolecall.core.comparison import Move
    from rolecall.reports.facts import WORDS

    assert MARKS.keys() == WORDS.keys() == set(Verdict)
    assert list(MARKS) == list(WORDS)
    assert MOVES.keys() == set(Move)
    assert len(set(MARKS.values())) == len(MARKS)
