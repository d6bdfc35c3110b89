"""How much of an organization is ready, unit by unit, as values. No I/O.

A target is an active account; it is ready when a role in it is registered whose last check ended well. A target that is
not ready is a hole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Coverage:
    """Accounts: those that are ready, the targets, and all."""

    ready: int = 0
    targets: int = 0
    all: int = 0

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.ready + other.ready, self.targets + other.targets, self.all + other.all)

    @property
    def holes(self) -> int:
        return self.targets - self.ready


@dataclass(frozen=True, slots=True)
class Hole:
    """A target that is not ready. `account_id` is the registered account's; None where no role of it is registered."""

    number: str
    name: str
    account_id: int | None
    checked: bool

    @property
    def reason(self) -> str:
        if self.account_id is None:
            return "not registered"
        return "not ready" if self.checked else "never checked"


@dataclass(frozen=True, slots=True)
class Place:
    """A unit by itself: its id and name, and the id of the unit that holds it."""

    id: str
    name: str
    parent_id: str | None


@dataclass(slots=True)
class Unit:
    """A unit with what is directly in it (`own`), and with all that is below it (`whole`). `holes` are some of its own.

    `id` is None for the accounts of which it is not known where they are.
    """

    id: str | None
    name: str
    own: Coverage
    holes: Sequence[Hole]
    children: Sequence[Unit] = ()
    whole: Coverage = field(init=False)

    def __post_init__(self) -> None:
        self.whole = sum((child.whole for child in self.children), self.own)

    @property
    def unnamed(self) -> int:
        """Holes of its own that are not among `holes`."""
        return self.own.holes - len(self.holes)


def tree(
    places: Sequence[Place], counted: Mapping[str | None, Coverage], holes: Mapping[str | None, Sequence[Hole]]
) -> list[Unit]:
    """The roots, units by name. Accounts in a unit that is not among `places` are in one without an id, at the end."""
    known = {place.id for place in places}
    below: dict[str | None, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda place: (place.name, place.id)):
        below[place.parent_id if place.parent_id in known else None].append(place)

    def grown(place: Place) -> Unit:
        children = [grown(child) for child in below[place.id]]
        return Unit(place.id, place.name, counted.get(place.id, Coverage()), holes.get(place.id, ()), children)

    roots = [grown(place) for place in below[None]]
    lost = sum((coverage for unit_id, coverage in counted.items() if unit_id not in known), Coverage())
    nowhere = [hole for unit_id, some in holes.items() if unit_id not in known for hole in some]
    return [*roots, Unit(None, "In a unit that is not known", lost, nowhere)] if lost.all else roots
