"""One page in one file, for a manager and an auditor: it calls nothing, and opens from a mail as from a disk.

The accounts are data in the page, which its script lists, a few at a time; without JavaScript all are a plain table.
No name can become markup: text is escaped here, the script writes text only, and the page's policy lets nothing else
run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from importlib import resources
from string import Template
from typing import Any

from rolecall.core.comparison import Move
from rolecall.core.verdicts import Verdict
from rolecall.reports.facts import WORDS, Json, moves

MARKS = {
    Verdict.UNSAFE: "!",
    Verdict.UNREACHABLE: "✕",
    Verdict.RESTRICTED: "▲",
    Verdict.UNKNOWN: "?",
    Verdict.PENDING: "…",
    Verdict.READY: "✓",
    Verdict.EXCLUDED: "–",
}
"""Beside the colour, which never carries the meaning alone. In the order in which they are looked at."""

MOVES = {
    Move.LOST: "newly lost",
    Move.STILL_MISSING: "still missing",
    Move.GAINED: "newly gained",
    Move.NEW: "new",
    Move.EXCLUDED: "no longer a target",
    Move.LEFT: "left the organization",
}
_BAR = (
    *(Verdict.READY, Verdict.RESTRICTED, Verdict.PENDING, Verdict.UNKNOWN),
    *(Verdict.UNREACHABLE, Verdict.UNSAFE, Verdict.EXCLUDED),
)
_WIDTH, _GAP, _THINNEST = 1000, 2, 3
_NAMED = 50

_COLUMNS = {
    **{
        key: key for key in ("id", "name", "path", "state", "verdict", "deployment", "access", "registration", "reason")
    },
    "since": "not_ready_since",
}
_IN_FULL = ("id", "name")
"""What is another in each account; the rest is written once, and counted."""

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def render(report: dict[str, Any]) -> str:
    style, script = _part("page.css"), _part("page.js")
    rows = sorted(report["accounts"], key=_place)
    values = {
        "policy": _policy(style, script),
        "title": _text(f"Roll call of {report['organization']['id']}, {_day(report['taken'])}"),
        "style": style,
        "script": script,
        "role": _text(report["role"]),
        "version": _text(report["rolecall"]),
        "coverage": _coverage(report),
        "bar": _bar(report["summary"]),
        "facts": _facts(report),
        "warning": _warning(report),
        "verdicts": "".join(_verdict_tiles(report["summary"]["by_verdict"])),
        "comparison": _comparison(report["comparison"]),
        "not_proven": _text(report["not_proven"]),
        "notes": _notes(report["notes"]),
        "table": _table(rows),
        "legend": "".join(f"<dt>{verdict}</dt><dd>{_text(words.meaning)}</dd>" for verdict, words in WORDS.items()),
        "data": _data(report, rows),
    }
    return Template(_part("page.html")).substitute(values)


def _part(name: str) -> str:
    return resources.files("rolecall.reports").joinpath("page", name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing is fetched, and nothing runs but what is here. https://www.w3.org/TR/CSP3/#framework-directive-source-list"""
    own = {kind: f"{kind}-src 'sha256-{_digest(text)}'" for kind, text in (("style", style), ("script", script))}
    return "; ".join(["default-src 'none'", *own.values(), "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(value: str) -> str:
    """As text in the page; what no page may hold, and what nobody would see, is a replacement character."""
    return escape(_UNSEEN.sub("\ufffd", value))


def _place(row: Json) -> tuple[int, str, str]:
    return list(MARKS).index(row["verdict"]), row["path"], row["name"]


def _percent(part: int, whole: int) -> str:
    """To a tenth, rounded down: 100 % only where it is all."""
    tenths = 1000 * part // whole
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} %"


def _coverage(report: Json) -> str:
    """Of the targets, and of all, so that exclusions cannot hide a hole."""
    summary, everybody = report["summary"], report["organization"]["accounts"]
    ready, targets, total = summary["by_verdict"]["ready"], summary["targets"], summary["total"]
    if not targets:
        return "<h1>No account is a target</h1>"
    few = total < everybody
    whom = "targets among the accounts that were named" if few else "target accounts"
    figure = f'<h1><b class="figure">{_percent(ready, targets)}</b> of the {whom} are ready</h1>'
    told = f"<b>{ready:,} of {targets:,}</b> targets · "
    if few:
        rest = f"a roll call of {total:,} of the organization's {everybody:,} accounts: the others were not asked"
    else:
        rest = f"<b>{_percent(ready, total)}</b> of all accounts of the organization (<b>{ready:,} of {total:,}</b>)"
    return f'{figure}\n<p class="scope">{told}{rest}</p>'


def _bar(summary: Json) -> str:
    """Each verdict's share; a few among thousands are still seen."""
    counts = {verdict: count for verdict in _BAR if (count := summary["by_verdict"][verdict])}
    left = _WIDTH - _GAP * (len(counts) - 1) - _THINNEST * len(counts)
    parts, at = [], 0.0
    for verdict, count in counts.items():
        width = _THINNEST + left * count / summary["total"]
        parts.append(f'<rect class="v-{verdict}" x="{at:.2f}" y="0" width="{width:.2f}" height="12"/>')
        at += width + _GAP
    label = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items())
    shape = f'viewBox="0 0 {_WIDTH} 12" preserveAspectRatio="none"'
    return f'<svg class="bar" role="img" aria-label="{label or "no accounts"}" {shape}>{"".join(parts)}</svg>'


def _facts(report: Json) -> str:
    organization = report["organization"]
    told = {
        "Taken": _time(report["taken"]),
        "Organization": _text(organization["id"]),
        "Management account": _text(organization["management_account"]),
        "Accounts": f"{organization['accounts']:,}",
    }
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in told.items())


def _day(taken: str) -> str:
    at = datetime.fromisoformat(taken)
    return f"{at.day} {at:%B %Y}"


def _time(taken: str) -> str:
    at = datetime.fromisoformat(taken)
    return f'<time datetime="{_text(taken)}">{_day(taken)}, {at:%H:%M} UTC</time>'


def _warning(report: Json) -> str:
    unknown = report["summary"]["by_verdict"]["unknown"]
    if not report["interrupted"] and not unknown:
        return ""
    cut = "This roll call was cut short. " if report["interrupted"] else ""
    told = f"Unknown targets: {unknown:,}. Nothing is known of them either way."
    return f'<p class="warning">{cut}{told}</p>'


def _verdict_tiles(counts: Json) -> Iterator[str]:
    for verdict, mark in MARKS.items():
        if count := counts[verdict]:
            shown = f'<span class="mark" aria-hidden="true">{mark}</span><b>{count:,}</b> {verdict}'
            button = f'<button type="button" data-verdict="{verdict}" disabled>{shown}</button>'
            yield f'<li class="v-{verdict}">{button}</li>'


def _comparison(comparison: Json | None) -> str:
    if comparison is None:
        return ""
    tiles = "".join(_move_tile(move, len(comparison[move])) for move in MOVES if move is not Move.LEFT)
    lists = "".join(_moved(move, comparison[move]) for move in MOVES if comparison[move])
    named = (
        f'<details class="more"><summary>Names and dates</summary><div class="moved">{lists}</div></details>'
        if lists
        else ""
    )
    untold = comparison["not_compared"]
    note = f'<p class="soft">{untold:,} could not be compared: unknown then or now.</p>' if untold else ""
    return (
        '<section aria-labelledby="since-title">\n'
        f'<h2 id="since-title">Since {_time(comparison["taken"])}</h2>\n'
        f'<ul class="tiles">{tiles}</ul>\n{note}{named}\n</section>'
    )


def _move_tile(move: Move, count: int) -> str:
    filters = f' data-move="{move}"' if count else ""
    return f'<li><button type="button"{filters} disabled><b>{count:,}</b> {MOVES[move]}</button></li>'


def _moved(move: Move, entries: list[Json]) -> str:
    listed = "".join(f"<li>{_entry(entry)}</li>" for entry in entries[:_NAMED])
    left = len(entries) - _NAMED
    more = f"<li>and {left:,} more</li>" if left > 0 else ""
    return f"<div><h3>{MOVES[move].capitalize()}: {len(entries):,}</h3><ul>{listed}{more}</ul></div>"


def _entry(entry: Json) -> str:
    was, now = entry["was"] or "not there", entry["is"] or "gone"
    since = f", not ready since {_text(entry['since'][:10])}" if entry["since"] else ""
    change = was if was == now else f"{was} → {now}"
    return f'<bdi>{_text(entry["name"])}</bdi> <span class="id">{_text(entry["id"])}</span>: {change}{since}'


def _notes(notes: list[str] | None) -> str:
    if not notes:
        return ""
    listed = "".join(f"<li>{_text(note)}</li>" for note in notes)
    title = '<h2 id="notes-title">Notes</h2>'
    return f'<section aria-labelledby="notes-title">{title}<ul class="notes">{listed}</ul></section>'


_HEADS = ("Verdict", "Account", "Unit", "Reason", "Not ready since")


def _table(rows: list[Json]) -> str:
    """Of all accounts, with the end tags left out that HTML does not need: ten thousand rows are a few megabytes."""
    heads = "".join(f'<th scope="col">{name}' for name in _HEADS)
    return f"<table><thead><tr>{heads}<tbody>\n{''.join(map(_line, rows))}</table>"


def _line(row: Json) -> str:
    verdict = row["verdict"]
    facts = " · ".join(filter(None, (row["deployment"], row["access"], row["registration"])))
    cells = (
        f'<td><span class="mark" aria-hidden="true">{MARKS[verdict]}</span> {verdict}',
        f'<th scope="row"><bdi>{_text(row["name"])}</bdi><span class="id">{_text(row["id"])}</span>',
        f"<td><bdi>{_text(row['path'])}</bdi>",
        f'<td>{_text(row["reason"])}<span class="state">{facts}</span>',
        f"<td>{_text((row['not_ready_since'] or '')[:10])}</td>",
    )
    return f'<tr class="v-{verdict}">{"".join(cells)}\n'


def _data(report: Json, rows: list[Json]) -> str:
    """The rows as lists; a number is the place of a word in `words`. Nothing in it can end the element it stands in."""
    words: dict[str, int] = {}
    moved = moves(report)

    def short(value: str | None) -> int | None:
        return None if value is None else words.setdefault(value, len(words))

    lines = [
        [
            *(row[key] if column in _IN_FULL else short(row[key]) for column, key in _COLUMNS.items()),
            short(moved.get(row["id"])),
        ]
        for row in rows
    ]
    told = {
        "taken": report["taken"],
        "order": list(MARKS),
        "marks": MARKS,
        "moves": MOVES,
        "columns": [*_COLUMNS, "move"],
        "words": list(words),
        "rows": lines,
    }
    text = json.dumps(told, separators=(",", ":"))  # in ASCII: U+2028 and half characters are escaped
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
