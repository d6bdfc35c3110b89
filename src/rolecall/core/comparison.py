"""What changed since an earlier `rolecall check`: its report is read, and the present one held against it. Pure.

Only targets can be missing. Of an account that nobody could tell anything of, then or now, nothing is said but how many
there are: what an earlier report knew of it is carried on, so that a roll call cut short forgets nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from rolecall.core.ids import AccountId
from rolecall.core.standing import Dates, Standing, standing_of
from rolecall.core.verdicts import Verdict
from rolecall.errors import UsageError

Json = dict[str, Any]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]

_HINT = "give the JSON of an earlier check: `rolecall check --format json --out FILE` writes one"


class Move(StrEnum):
    """How an account got from the earlier report to the present one.

    NEW: it came to the organization, or became a target. LEFT: it is no longer in the organization. EXCLUDED: it is,
    and no longer a target.
    """

    LOST = "lost"
    GAINED = "gained"
    STILL_MISSING = "still_missing"
    NEW = "new"
    LEFT = "left"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class EarlierAccount:
    """One row of the earlier report."""

    id: Annotated[str, Field(pattern=r"^\d{12}$")]
    name: str
    verdict: Verdict
    not_ready_since: Time | None
    last_ready: Time | None

    def dates(self, taken: str) -> Dates:
        """What is known of it with that report, which was `taken` then."""
        return Dates(self.not_ready_since, self.last_ready).then(self.verdict, taken)

    @property
    def standing(self) -> Standing:
        told = standing_of(self.verdict)
        return Dates(self.not_ready_since, self.last_ready).standing if told is Standing.UNKNOWN else told


@dataclass(frozen=True, slots=True)
class EarlierOrganization:
    """Whose report it is. `accounts` is how many the organization had, in any state."""

    id: str
    accounts: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier report of `check`, as far as it is compared. `file` is only for the messages."""

    taken: Time
    organization: EarlierOrganization
    accounts: tuple[EarlierAccount, ...]
    file: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it has a row of every account: one of `check --account` has not."""
        return len(self.accounts) >= self.organization.accounts

    @property
    def ready(self) -> frozenset[AccountId]:
        return frozenset(AccountId(account.id) for account in self.accounts if account.verdict is Verdict.READY)

    def refuse_other_than(self, organization: str) -> None:
        """Raises UsageError where it is of another organization."""
        if self.organization.id != organization:
            detail = f"it is of {self.organization.id}, and this is {organization}"
            raise UsageError(f"{self.file} is a report of another organization", detail=detail, hint=_HINT)


def read_earlier(text: str, file: str) -> Earlier:
    """Raises UsageError for what is no report of `check`."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not JSON", detail=str(error), hint=_HINT) from error
    kind = told.get("kind") if isinstance(told, dict) else None
    if kind != "check":
        detail = f"it is one of `rolecall {kind}`" if isinstance(kind, str) else "it does not say which command's it is"
        raise UsageError(f"{file} is not a report of `rolecall check`", detail=detail, hint=_HINT)
    try:
        return replace(TypeAdapter(Earlier).validate_python(told), file=file)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UsageError(f"{file} cannot be compared with", detail=detail, hint=_HINT) from error


def compared(report: Json, earlier: Earlier, everybody: Collection[str]) -> Json:
    """The report of a `check`, with `comparison`, and with the dates that the earlier one knew.

    `everybody` are the ids of all accounts of the organization: the report may be of a few.
    """
    before = {account.id: account for account in earlier.accounts}
    moves: dict[Move, list[Json]] = defaultdict(list)
    rows, untold = [], 0
    for row in report["accounts"]:
        was = before.get(row["id"])
        now = _dated(row, was, earlier.taken, report["taken"])
        rows.append(now)
        move = _move(was, standing_of(Verdict(row["verdict"])), whole=earlier.is_whole)
        if isinstance(move, Move):
            moves[move].append(_entry(now, was, earlier.taken))
        untold += move is Standing.UNKNOWN
    moves[Move.LEFT] = [_departed(account) for account in earlier.accounts if account.id not in everybody]
    comparison = {"taken": earlier.taken, **{str(move): moves[move] for move in Move}, "not_compared": untold}
    return {**report, "accounts": rows, "comparison": comparison}


def _dated(row: Json, was: EarlierAccount | None, before: str, taken: str) -> Json:
    dates = (was.dates(before) if was else Dates()).then(Verdict(row["verdict"]), taken)
    return {**row, "not_ready_since": dates.not_ready_since, "last_ready": dates.last_ready}


def _move(was: EarlierAccount | None, now: Standing, *, whole: bool) -> Move | Standing | None:
    """UNKNOWN where nothing can be said; None where nothing changed that anybody misses."""
    if was is None and whole:
        return Move.NEW
    before = was.standing if was else Standing.UNKNOWN
    if now is Standing.NO_TARGET:
        return Move.EXCLUDED if was and before is not Standing.NO_TARGET else None
    if before is Standing.NO_TARGET:
        return Move.NEW
    if Standing.UNKNOWN in (before, now):
        return Standing.UNKNOWN
    return _MOVES.get((before, now))


_MOVES: Mapping[tuple[Standing, Standing], Move] = {
    (Standing.READY, Standing.MISSING): Move.LOST,
    (Standing.MISSING, Standing.READY): Move.GAINED,
    (Standing.MISSING, Standing.MISSING): Move.STILL_MISSING,
}


def _entry(now: Json, was: EarlierAccount | None, before: str) -> Json:
    """`since`: when it was first found not ready, of one that was or is."""
    since = now["not_ready_since"] or (was.dates(before).not_ready_since if was else None)
    return {
        "id": now["id"],
        "name": now["name"],
        "was": str(was.verdict) if was else None,
        "is": now["verdict"],
        "since": since,
    }


def _departed(account: EarlierAccount) -> Json:
    return {
        "id": account.id,
        "name": account.name,
        "was": str(account.verdict),
        "is": None,
        "since": account.not_ready_since,
    }
