"""What a check of accounts is, as a pipeline. No I/O: whoever begins it writes it."""

from __future__ import annotations

from collections.abc import Sequence

from rolecall.registry.pipelines.terms import BULK, URGENT, Kind, NewPipeline, NewSubtask, PipelineType


def check_pipeline(account_names: Sequence[str], *, singular: str | None = None) -> NewPipeline:
    """A healthcheck of accounts by name, a subtask each. Many wait for whoever waits for one.

    Raises ValueError without any. `singular` is as in NewPipeline.
    """
    if not account_names:
        raise ValueError("a check needs an account")
    several = len(account_names) > 1
    return NewPipeline(
        type=PipelineType.HEALTHCHECK,
        name=f"Account check of {len(account_names)} accounts" if several else f"Account check of {account_names[0]}",
        subtasks=tuple(check_subtask(name, BULK if several else URGENT) for name in account_names),
        singular=singular,
    )


def check_subtask(account_name: str, priority: int) -> NewSubtask:
    return NewSubtask(Kind.CHECK, f"Check {account_name}", {"account": account_name}, priority)
