"""Numbers of things, for people. Pure."""

from __future__ import annotations


def accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count:,} accounts"
