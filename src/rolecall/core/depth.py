"""How far a roll call goes beyond assuming and simulating, and what is not proven then. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rolecall.core.roll import NOT_PROVEN

_NOT_SIMULATED = "what KMS key, bucket and VPC endpoint policies say (AWS does not simulate them)"
_NOBODY_ELSE = "that the role trusts nobody else (its trust policy is not read back)"
_BEYOND_THE_CALLS = " of all but the one call a permission group that was really made"


@dataclass(frozen=True, slots=True)
class Depth:
    """`deep`: the role is read back and compared. `probe`: one harmless call a permission group is really made."""

    deep: bool = False
    probe: bool = False

    @property
    def not_proven(self) -> str:
        """What a `ready` does not prove, in the report's words."""
        if not self.deep and not self.probe:
            return NOT_PROVEN
        simulated = _NOT_SIMULATED + (_BEYOND_THE_CALLS if self.probe else "")
        return simulated if self.deep else f"{_NOBODY_ELSE}, and {simulated}"


SHALLOW = Depth()
