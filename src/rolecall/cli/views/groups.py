"""Changes of one kind, told as one: how many and where, why, and what is before and after.

Ten thousand accounts are a few lines; with `verbose` every account is named with its own reason. Rendered from the
report's JSON.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from rolecall.core.plan import Action

Json = dict[str, Any]

_NAMED = 8
_BENEATH = " " * 6
_HANGING = 6

WORDS = {
    Action.CREATE_STACK_SET: ("+", "create"),
    Action.UPDATE_STACK_SET: ("~", "update"),
    Action.ADD_UNIT: ("+", "add a unit to"),
    Action.DROP_UNIT: ("-", "drop a unit of"),
    Action.DELETE_STACK_SET: ("-", "delete"),
    Action.CREATE_INSTANCE: ("+", "create"),
    Action.RETRY_INSTANCE: ("~", "retry"),
    Action.REPAIR_INSTANCE: ("~", "bring back"),
    Action.REWRITE_INSTANCE: ("~", "rewrite the policies of"),
    Action.RECREATE_INSTANCE: ("-/+", "delete and make anew"),
    Action.DELETE_INSTANCE: ("-", "delete"),
    Action.LET_GO_INSTANCE: ("-", "let go of"),
    Action.CREATE_STACK: ("+", "create"),
    Action.UPDATE_STACK: ("~", "update"),
    Action.REPLACE_STACK: ("~", "replace"),
    Action.DELETE_STACK: ("-", "delete"),
    Action.REGISTER: ("+", "register with"),
    Action.REPLACE_REGISTRATION: ("~", "register anew with"),
    Action.DEREGISTER: ("-", "take out of"),
    Action.BLOCKED: ("!", "blocked:"),
}
"""action -> its mark, and the words before its subject."""
_TOLD_BY_REASON = (
    Action.BLOCKED,
    Action.REPAIR_INSTANCE,
    Action.REWRITE_INSTANCE,
    Action.RECREATE_INSTANCE,
    Action.LET_GO_INSTANCE,
)
"""Those of which each account is to be seen with what is the matter there: one entry for all that have the same."""


def print_groups(console: Console, report: Json, changes: Iterable[Json], *, verbose: bool = False) -> None:
    """A kind of change where it first comes, whatever stands between two of it."""
    names = {row["id"]: row["name"] for row in report["accounts"] or ()}
    kinds: dict[tuple[str, ...], list[Json]] = defaultdict(list)
    for change in changes:
        by_reason = change["action"] in _TOLD_BY_REASON or not change["account"]
        kinds[change["action"], change["subject"], change["detail"] if by_reason else ""].append(change)
    for alike in kinds.values():
        if len(alike) > 1 and alike[0]["account"]:
            _print_many(console, alike, names, verbose)
        else:
            for change in alike:
                _print_one(console, change, names)


def print_line(console: Console, line: Text) -> None:
    """Folded between words in a terminal, with what is folded further in; whole in a file."""
    if not console.is_terminal:
        console.print(line, soft_wrap=True)
        return
    indent = len(line.plain) - len(line.plain.lstrip(" "))
    folded = line[indent:].wrap(console, max(console.width - indent - _HANGING, _HANGING))
    for number, part in enumerate(folded):
        part.rstrip()
        console.print(Text.assemble(" " * (indent + (_HANGING if number else 0)), part), soft_wrap=True)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(accounts: Iterable[str], names: Mapping[str, str], verbose: bool, few: int = _NAMED) -> str:
    """By name, in order: the first few, or all with `verbose`."""
    known = sorted(names.get(account, account) for account in accounts)
    if verbose or len(known) <= few:
        return ", ".join(known)
    return f"{', '.join(known[:few])} and {len(known) - few:,} more"


def _print_one(console: Console, change: Json, names: Mapping[str, str]) -> None:
    where = f" in {names.get(change['account'], change['account'])}" if change["account"] else ""
    detail = f" ({change['detail']})" if change["detail"] else ""
    print_line(console, _headline(change, where).append(detail, style="default"))
    for difference in change["differences"]:
        _print_beneath(console, f"{difference['what']}: {_before_and_after(difference)}")


def _print_many(console: Console, alike: Sequence[Json], names: Mapping[str, str], verbose: bool) -> None:
    accounts = {change["account"] for change in alike}
    line = _headline(alike[0], f" in {counted(len(accounts), 'account')}: ")
    print_line(console, line.append(listed(accounts, names, verbose), style="default"))
    _print_reasons(console, alike, names, verbose)
    _print_differences(console, alike, names, verbose)


def _headline(change: Json, where: str) -> Text:
    action = Action(change["action"])
    mark, words = WORDS[action]
    style = "change.destructive" if action.destructive else "change.other"
    style = "change.blocked" if action is Action.BLOCKED else style
    return Text(f"  {mark} {words} {change['subject']}{where}", style=style)


def _print_reasons(console: Console, alike: Sequence[Json], names: Mapping[str, str], verbose: bool) -> None:
    """How many have which reason, the most common first."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for change in alike:
        reasons[change["detail"]].append(change["account"])
    if len(reasons) == 1:
        if reason := alike[0]["detail"]:
            _print_beneath(console, reason)
        return
    ordered = sorted(reasons.items(), key=lambda item: -len(item[1]))
    shown = ordered if verbose else ordered[:_NAMED]
    for reason, accounts in shown:
        who = f" ({listed(accounts, names, verbose)})" if verbose else ""
        _print_beneath(console, f"{len(accounts):,}: {reason}{who}")
    if left := ordered[len(shown) :]:
        told = counted(len(left), "other reason")
        _print_beneath(console, f"{sum(len(accounts) for _, accounts in left):,}: {told}, told with --verbose")


def _print_differences(console: Console, alike: Sequence[Json], names: Mapping[str, str], verbose: bool) -> None:
    """What is the same in all accounts once; else one of them for all, or each with `verbose`."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for change in alike:
        for difference in change["differences"]:
            found[difference["what"]].append((change["account"], _before_and_after(difference)))
    for what, told in found.items():
        if len({said for _, said in told}) == 1:
            where = "" if len(told) == len(alike) else f" in {counted(len(told), 'account')}"
            _print_beneath(console, f"{what}{where}: {told[0][1]}")
        elif verbose:
            for account, said in told:
                _print_beneath(console, f"{what} in {names.get(account, account)}: {said}")
        else:
            _print_beneath(console, f"{what} in {counted(len(told), 'account')}, such as {told[0][1]}")


def _before_and_after(difference: Mapping[str, str]) -> str:
    return f"{difference['before'] or 'nothing'} -> {difference['after'] or 'nothing'}"


def _print_beneath(console: Console, text: str) -> None:
    print_line(console, Text(f"{_BENEATH}{text}"))
