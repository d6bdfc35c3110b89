"""The child processes of the benchmarks: which Python, which folder, which environment, and how one serves another.

Reads the environment.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.wire import Answering, listening

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent


def environment(**more: str) -> Mapping[str, str]:
    """Ours, without what could lead a child to real AWS accounts, to the user's config, or through a proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ROLECALL_"))}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nothing, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1", **more}


def aws_environment(url: str) -> Mapping[str, str]:
    """Of a child that takes what listens at `url` for AWS."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
    return environment(AWS_ENDPOINT_URL=url, AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1", **keys)


@contextmanager
def served(module: str, *arguments: str) -> Iterator[str]:
    """A server of ours in a process of its own; gives its URL. Raises RuntimeError where it ends at once."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        if not url:
            raise RuntimeError(f"{' '.join(command)} ended at once")
        yield url


async def serve(answering: Answering, latency: float) -> None:
    """In such a process: until standard input ends. Prints the URL."""
    async with listening(answering, latency) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.buffer.read)
