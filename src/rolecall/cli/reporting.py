"""The files of `rolecall check`: an earlier report that is read before anything is called, and those that it writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from rolecall.errors import UsageError

if TYPE_CHECKING:
    from rolecall.core.comparison import Earlier


class Format(StrEnum):
    """How the report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"
    SARIF = "sarif"
    HTML = "html"


_SUFFIXES = {".xml": Format.JUNIT, **{f".{format}": format for format in Format if format is not Format.TABLE}}


def format_of(path: Path) -> Format:
    """The one that a file's name asks for."""
    return _SUFFIXES.get(path.suffix.lower(), Format.TABLE)


def refuse_nowhere(outs: Sequence[Path]) -> None:
    """Raises UsageError for a file whose folder is not there: found out before the roll is called, not after."""
    for out in outs:
        if not out.parent.is_dir():
            raise UsageError(f"{out} cannot be written", detail=f"{out.parent} is no folder", hint="make it first")


def earlier_report(
    path: Path | None, outs: Sequence[Path], only: Collection[str], *, few: bool = False
) -> Earlier | None:
    """The report to compare with; None where none was asked for, or where it is the first of a row.

    That is one which is to be written and is not there yet. Raises UsageError for what is no report of `check`, and
    where one of a `few` accounts (`only`, as far as they are known) would take the place of one that knows more.
    """
    from rolecall.core.comparison import read_earlier

    if path is None:
        return None
    replaced = any(out.resolve() == path.resolve() for out in outs)
    if replaced and not path.exists():
        return None
    earlier = read_earlier(_text(path), str(path))
    if replaced and few and any(account.id not in only for account in earlier.accounts):
        hint = "write it to another file, or ask all accounts"
        raise UsageError(f"{path} knows more accounts than are asked, and they would be forgotten", hint=hint)
    return earlier


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        hint = "the first time there is none: it is made by `rolecall check --out FILE.json`"
        raise UsageError(f"{path} cannot be read", detail=error.strerror or str(error), hint=hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text", detail=str(error), hint="give the JSON of an earlier check") from error
