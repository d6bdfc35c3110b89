"""What a worker needs to know of its work: what it holds, how a job is called, and what a job comes to. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from rolecall.registry.pipelines.terms import Kind, NewSubtask, SubtaskState


@dataclass(frozen=True, slots=True)
class Claimed:
    """A subtask that `owner` holds. `tries` tells this lease from all others that there were of it."""

    id: int
    pipeline_id: int
    kind: Kind
    name: str
    parameters: Mapping[str, Any]
    owner: str
    tries: int
    progress: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a subtask ended: its state, the last lines of its progress, and what is to follow in the same pipeline."""

    state: SubtaskState
    lines: tuple[str, ...] = ()
    follow_ups: tuple[NewSubtask, ...] = ()


Outcome = Callable[[Session], Ended]
"""What a job has come to: it writes that in the transaction that ends the subtask, and may be called more than once,
when a transaction failed. Whatever it has to do with the world was done before."""

Tell = Callable[[str], Awaitable[None]]
"""Adds a line to the subtask's progress while it runs."""

Job = Callable[[Claimed, Tell], Awaitable[Outcome]]
"""May be called more than once for a subtask, when a worker died: it changes nothing but by its outcome."""

Jobs = Mapping[Kind, Job]


def nothing_but(state: SubtaskState, *lines: str) -> Outcome:
    """An outcome that writes nothing."""
    return lambda _session: Ended(state, lines)
