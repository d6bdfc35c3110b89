"""CloudFormation StackSets of the sandbox: stack sets whose stacks the stack engine deploys.

The engine keeps stack sets in memory and runs operations in tasks on the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolecall.sandbox import stacks
from rolecall.sandbox.stacks.handlers import StackHandlers
from rolecall.sandbox.stacksets.drift_handlers import Drift
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.stacksets.handlers import StackSetHandlers
from rolecall.sandbox.stacksets.import_handlers import Import
from rolecall.sandbox.stacksets.organizations_access import OrganizationsAccess
from rolecall.sandbox.stacksets.queries import StackSetQueries
from rolecall.sandbox.wire import Handlers

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

_engines: dict[World, StackSetEngine] = {}


def engine(world: World) -> StackSetEngine:
    """The world's StackSets engine, the same at every call until `close`."""
    if world not in _engines:
        _engines[world] = StackSetEngine(world, stacks.engine(world))
    return _engines[world]


async def close(world: World) -> None:
    """Ends the engine's tasks and forgets it. Close it before the stack engine, whose work it waits for."""
    if world in _engines:
        await _engines.pop(world).close()


def handlers(world: World) -> Handlers:
    """The handlers of CloudFormation's stack set operations, and of GetTemplateSummary, which knows both."""
    changes = StackSetHandlers(engine(world)).table() | OrganizationsAccess(engine(world)).table()
    changes |= Drift(engine(world)).table() | Import(engine(world)).table()
    queries = StackSetQueries(engine(world), StackHandlers(stacks.engine(world))).table()
    return {("cloudformation", operation): handler for operation, handler in {**changes, **queries}.items()}
