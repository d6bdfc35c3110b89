"""The `Stacks` port, on the fake and on the adapter."""

from __future__ import annotations

import pytest

from rolecall.core.causes import Kind, cause_of
from rolecall.errors import AwsError

from .stage import STACK_SET, Stage, content


async def test_a_stack_that_is_not_there_is_none(stage: Stage) -> None:
    assert await stage.stacks.describe(STACK_SET) is None


async def test_a_stack_is_created_with_its_content(stage: Stage) -> None:
    await stage.stacks.create(STACK_SET, content())
    stack = await stage.settled(STACK_SET)
    assert stack is not None
    assert (stack.name, stack.status, stack.good, stack.reason) == (STACK_SET, "CREATE_COMPLETE", True, "")
    assert stack.content == content()


async def test_a_name_is_given_only_once(stage: Stage) -> None:
    await stage.stacks.create(STACK_SET, content())
    with pytest.raises(AwsError) as caught:
        await stage.stacks.create(STACK_SET, content())
    assert caught.value.code == "AlreadyExistsException"


async def test_an_update_changes_the_content(stage: Stage) -> None:
    await stage.stacks.create(STACK_SET, content())
    await stage.settled(STACK_SET)
    await stage.stacks.update(STACK_SET, content(max_session_hours=1))
    stack = await stage.settled(STACK_SET)
    assert stack is not None
    assert (stack.status, stack.content) == ("UPDATE_COMPLETE", content(max_session_hours=1))


async def test_a_stack_that_is_not_there_is_not_updated(stage: Stage) -> None:
    with pytest.raises(AwsError):
        await stage.stacks.update(STACK_SET, content())


async def test_a_stack_is_deleted(stage: Stage) -> None:
    await stage.stacks.create(STACK_SET, content())
    await stage.settled(STACK_SET)
    await stage.stacks.delete(STACK_SET)
    assert await stage.settled(STACK_SET) is None


async def test_deleting_what_is_not_there_is_well(stage: Stage) -> None:
    await stage.stacks.delete(STACK_SET)
    assert await stage.stacks.describe(STACK_SET) is None


async def test_a_creation_that_fails_is_rolled_back_and_says_why(stage: Stage) -> None:
    stage.take_name("management")
    await stage.stacks.create(STACK_SET, content())
    stack = await stage.settled(STACK_SET)
    assert stack is not None
    assert (stack.status, stack.good) == ("ROLLBACK_COMPLETE", False)
    assert cause_of(stack.reason).kind is Kind.NAME_TAKEN
