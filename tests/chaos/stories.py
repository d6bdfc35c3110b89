"""Stories: an organization, and what its operator and everybody else do there, round by round. Values only.

A story that failed is printed as the expression that makes it, to become a test of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st


class Kind(StrEnum):
    """What happens without rolecall: in the organization, in an account, to the stack set, on the platform."""

    SUSPEND = "suspend"
    CLOSE = "close"
    REOPEN = "reopen"
    MOVE = "move"
    JOIN = "join"
    LEAVE = "leave"
    TAKE_NAME = "take name"
    FREE_NAME = "free name"
    DENY_STACK_SETS = "deny stack sets"
    DENY_PLATFORM = "deny platform"
    ALLOW = "allow"
    DELETE_ROLE = "delete role"
    DELETE_INSTANCE = "delete instance"
    RETAIN_INSTANCE = "retain instance"
    DELETE_MEMBER_STACK = "delete member stack"
    DELETE_MANAGEMENT_STACK = "delete management stack"
    EDIT_STACK_SET = "edit stack set"
    UNREGISTER = "unregister"
    RENAME_REGISTRATION = "rename registration"
    REGISTER_TWICE = "register twice"
    REGISTER_OTHER_ROLE = "register other role"

    def __repr__(self) -> str:
        return str(f"Kind.{self.name}")


@dataclass(frozen=True)
class Event:
    """`account` and `unit` are numbers, taken modulo how many there are; what cannot happen just now does not."""

    kind: Kind
    account: int = 0
    unit: int = 0


@dataclass(frozen=True)
class Unit:
    """`above` is the number of an earlier unit, None for the root."""

    name: str
    above: int | None = None


@dataclass(frozen=True)
class Member:
    """`unit` is a unit's number, None for the root."""

    name: str
    unit: int | None = None
    state: str = "ACTIVE"


@dataclass(frozen=True)
class Wish:
    """What the config says. `units` are numbers, none of them: the root; `excluded` are accounts' numbers."""

    units: tuple[int, ...] = ()
    by_path: bool = False
    excluded: tuple[int, ...] = ()
    auto: bool = True
    retain: bool = False
    management: bool = True
    platform: bool = True
    more_permissions: bool = False
    out_with_departed: bool = False


@dataclass(frozen=True)
class Round:
    """Events, then `rolecall apply` with these options and this config."""

    wish: Wish = Wish()
    events: tuple[Event, ...] = ()
    retry_blocked: bool = False
    drift: bool = False


@dataclass(frozen=True)
class Story:
    units: tuple[Unit, ...]
    members: tuple[Member, ...]
    rounds: tuple[Round, ...]


_ODD = ("prod", "Prod (EU)", "a b", "ünïcode-账户", "x" * 40, "q'uote\"", "{id}", "%2F", "50%", "-", "[b]x[/b]")
NAMES = st.one_of(
    st.sampled_from(_ODD),
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12),
)
_STATES = st.sampled_from(["ACTIVE"] * 6 + ["SUSPENDED", "PENDING_CLOSURE", "CLOSED"])
_DEEPEST = 3


@st.composite
def _units(draw: st.DrawFn) -> tuple[Unit, ...]:
    """Up to three deep; siblings have different names."""
    units: list[Unit] = []
    depth: dict[int | None, int] = {None: 0}
    for _ in range(draw(st.integers(0, 5))):
        above = draw(st.sampled_from([place for place in depth if depth[place] < _DEEPEST]))
        name = draw(NAMES.map(lambda text: text.replace("/", "|")))
        if name not in {unit.name for unit in units if unit.above == above}:
            depth[len(units)] = depth[above] + 1
            units.append(Unit(name, above))
    return tuple(units)


@st.composite
def _wishes(draw: st.DrawFn, units: int) -> Wish:
    auto = draw(st.booleans())
    return Wish(
        units=tuple(draw(st.lists(st.integers(0, max(0, units - 1)), max_size=min(3, units), unique=True))),
        by_path=draw(st.booleans()),
        excluded=() if auto else tuple(draw(st.lists(st.integers(0, 9), max_size=2, unique=True))),
        auto=auto,
        retain=auto and draw(st.booleans()),
        management=draw(st.booleans()),
        platform=draw(st.booleans()),
        more_permissions=draw(st.booleans()),
        out_with_departed=draw(st.booleans()),
    )


def _rounds(units: int, kinds: Sequence[Kind]) -> st.SearchStrategy[Round]:
    event = st.builds(Event, st.sampled_from(kinds), st.integers(0, 9), st.integers(0, 9))
    events = st.lists(event, max_size=4).map(tuple)
    return st.builds(Round, _wishes(units), events, st.booleans(), st.booleans())


@st.composite
def stories(draw: st.DrawFn, kinds: Sequence[Kind], rounds: int) -> Story:
    """Of events of these kinds; the first round has none."""
    units = draw(_units())
    places = st.sampled_from([None, *range(len(units))])
    members = st.lists(st.builds(Member, NAMES, places, _STATES), max_size=6)
    first = draw(_wishes(len(units)))
    later = draw(st.lists(_rounds(len(units), kinds), min_size=1, max_size=rounds))
    return Story(units, tuple(draw(members)), (Round(first), *later))
