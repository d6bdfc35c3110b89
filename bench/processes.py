"""The child processes of the benchmarks: which Python, which folder, which environment. Reads the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent


def environment(**more: str) -> Mapping[str, str]:
    """Ours, without what could lead a child to real AWS accounts, to the user's config, or through a proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ROLECALL_"))}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nothing, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1", **more}
