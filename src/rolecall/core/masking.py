"""External ids as people may see them: they are no secret, but nobody's business either. Pure."""

from __future__ import annotations

_SHOWN = 4


def masked(external_id: str) -> str:
    """Such as `5f0c…`: enough to tell two apart, and no more than a quarter of it."""
    return external_id[: min(_SHOWN, len(external_id) // 4)] + "…"
