"""Stories that random worlds brought to light, one for each mend."""

from __future__ import annotations

from .fake_land import FakeLand
from .stories import Event, Kind, Member, Round, Story, Unit, Wish
from .telling import tell


async def test_a_unit_that_is_dropped_takes_those_under_it_along_and_they_come_back_in_the_same_run() -> None:
    """The parent was a target by way of an excluded account; the units under it were no news until it was dropped."""
    units = (Unit("A"), Unit("B", 0), Unit("C", 0))
    members = (Member("one", 0), Member("two", 1, "SUSPENDED"))
    first = Wish(units=(0, 1), auto=False, excluded=(0,), management=False, platform=False)
    then = Round(Wish(units=(1, 2), platform=False))
    story = Story(units, members, (Round(first), then))
    await tell(story, FakeLand(story))


async def test_an_account_that_left_while_its_instance_was_to_be_let_go_of() -> None:
    story = Story((), (Member("one"), Member("two")), (Round(), Round(Wish(out_with_departed=True), (LEFT,))))
    await tell(story, FakeLand(story))


LEFT = Event(Kind.LEAVE, account=1)


async def test_a_stack_that_is_let_go_of_by_hand_where_the_config_no_longer_reaches_is_told_by_destroy() -> None:
    """No list has it, and no plan asks: only the role itself still answers."""
    let_go = Event(Kind.RETAIN_INSTANCE, account=3)
    then = Round(Wish(excluded=(5,), auto=False, management=False, platform=False), (let_go,))
    story = Story((), (Member("prod"),), (Round(Wish(auto=False, management=False, platform=False)), then))
    await tell(story, FakeLand(story))


async def test_a_role_is_made_anew_under_a_unit_that_the_same_plan_adds() -> None:
    """Both are creations through the same unit, and StackSets take the same operation id for the same operation."""
    first = Wish(excluded=(0, 5), auto=False, management=False, platform=False)
    role_gone = Event(Kind.DELETE_ROLE, account=1)
    then = Round(Wish(units=(0,), management=False, platform=False), (role_gone,), drift=True)
    members = (Member("one", 0), Member("two"), Member("three"), Member("four"), Member("five", 0), Member("six", 0))
    story = Story((Unit("A"),), members, (Round(first), then))
    await tell(story, FakeLand(story))


async def test_a_stack_let_go_of_by_hand_in_an_account_that_is_suspended_since_is_told_as_not_known() -> None:
    """No list has it, and nobody gets in to ask."""
    events = (Event(Kind.RETAIN_INSTANCE, account=1), Event(Kind.SUSPEND, account=1))
    then = Round(Wish(auto=False, platform=False, out_with_departed=True), events)
    story = Story((), (Member("prod"), Member("dev")), (Round(), then))
    await tell(story, FakeLand(story))
