"""CloudFormation stacks of the sandbox: a template's resources, really made in the store.

The engine keeps stacks in memory, calls the store as the stack's account, and works in tasks on the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolecall.sandbox.stacks.change_sets.handlers import ChangeSetHandlers
from rolecall.sandbox.stacks.drift_handlers import DriftHandlers
from rolecall.sandbox.stacks.engine import StackEngine
from rolecall.sandbox.stacks.handlers import StackHandlers
from rolecall.sandbox.wire import Handlers

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

_engines: dict[World, StackEngine] = {}


def engine(world: World) -> StackEngine:
    """The world's stack engine, the same at every call until `close`."""
    if world not in _engines:
        _engines[world] = StackEngine(world)
    return _engines[world]


async def close(world: World) -> None:
    """Ends the engine's tasks and forgets it."""
    if world in _engines:
        await _engines.pop(world).close()


def handlers(world: World) -> Handlers:
    """The handlers of CloudFormation's stack operations, on the world's stack engine."""
    groups = (StackHandlers, ChangeSetHandlers, DriftHandlers)
    table = {name: handler for group in groups for name, handler in group(engine(world)).table().items()}
    return {("cloudformation", operation): handler for operation, handler in table.items()}
