"""The sixty actions of the same work: the engine's own, of which it asks a single simulation. Pure."""

from __future__ import annotations

from rolecall.core.permission_groups import GROUPS

GROUPS_OF_ONE_QUESTION = ("s3", "lambda", "ecs")
"""Permission groups that the engine asks about in a single simulation."""

_ACTIONS = 60


def actions() -> tuple[str, ...]:
    """Those of GROUPS_OF_ONE_QUESTION first."""
    groups = [*GROUPS_OF_ONE_QUESTION, *GROUPS]
    distinct = tuple(dict.fromkeys(action for name in groups for action in GROUPS[name].actions))
    assert len(distinct) >= _ACTIONS
    return distinct[:_ACTIONS]
