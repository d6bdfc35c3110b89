"""Ids drawn from a seed and a name, so that the same scenario gives the same organization. Pure."""

from __future__ import annotations

import hashlib
import string
import uuid

LOWER = string.ascii_lowercase + string.digits


def seeded_id(seed: int, name: str, length: int, alphabet: str = LOWER) -> str:
    """`length` characters of `alphabet`. An equal seed and name give an equal id, whatever else is in the scenario."""
    digest = hashlib.shake_256(f"{seed}/{name}".encode()).digest(2 * length)
    pairs = zip(digest[::2], digest[1::2], strict=True)
    return "".join(alphabet[(high << 8 | low) % len(alphabet)] for high, low in pairs)


def seeded_uuid(seed: int, name: str) -> str:
    digest = hashlib.shake_256(f"{seed}/uuid/{name}".encode()).digest(16)
    return str(uuid.UUID(bytes=digest, version=4))


def seeded_account_id(seed: int, name: str) -> str:
    """Twelve digits that do not begin with a zero, as tools that read ids as numbers lose it."""
    return seeded_id(seed, f"{name}/first", 1, "123456789") + seeded_id(seed, name, 11, string.digits)


def seeded_unit_id(seed: int, root_id: str, path: str) -> str:
    """The id of the unit with this path of names, such as `Workloads/Prod`."""
    return f"ou-{root_id.removeprefix('r-')}-{seeded_id(seed, f'unit/{path}', 8)}"
