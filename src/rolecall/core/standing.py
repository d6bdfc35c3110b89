"""How an account stands to being ready, over several reports. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rolecall.core.verdicts import Verdict


class Standing(StrEnum):
    """What a verdict says of being ready. NO_TARGET: nothing should be there. UNKNOWN: nobody could tell."""

    READY = "ready"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NO_TARGET = "no target"


_STANDINGS = {
    Verdict.READY: Standing.READY,
    Verdict.UNKNOWN: Standing.UNKNOWN,
    Verdict.EXCLUDED: Standing.NO_TARGET,
}


def standing_of(verdict: Verdict) -> Standing:
    return _STANDINGS.get(verdict, Standing.MISSING)


@dataclass(frozen=True, slots=True)
class Dates:
    """What the reports know of an account over time, each in ISO 8601; None where no report tells.

    `not_ready_since` is when the first of an unbroken row of reports found it not ready, `last_ready` when the latest
    one found it ready.
    """

    not_ready_since: str | None = None
    last_ready: str | None = None

    @property
    def standing(self) -> Standing:
        """The last that was known, whatever a report that knew nothing came after it."""
        if self.not_ready_since:
            return Standing.MISSING
        return Standing.READY if self.last_ready else Standing.UNKNOWN

    def then(self, verdict: Verdict, taken: str) -> Dates:
        """These dates after a report of `taken`. Where nobody could tell, what was known is kept."""
        match standing_of(verdict):
            case Standing.READY:
                return Dates(None, taken)
            case Standing.MISSING:
                return Dates(self.not_ready_since or taken, self.last_ready)
            case Standing.NO_TARGET:
                return Dates(None, self.last_ready)
            case Standing.UNKNOWN:
                return self
