"""`rolecall serve` as a process, on loopback; what it has used of the CPU is read from its own `/metrics`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from bench.processes import aws_environment
from bench.registry.furnishing import Furnished

_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
_CPU = re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE)


class _Unfollowed(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Registry:
    url: str
    key: str

    def cpu_seconds(self) -> float:
        """User and system time since it began, all threads."""
        found = _CPU.search(_get(f"{self.url}/metrics"))
        assert found
        return float(found[1])

    def cookie(self) -> str:
        """Of a browser that has signed in with the key."""
        answer = build_opener().open(f"{self.url}/sign-in")
        token = _TOKEN.search(answer.read().decode())
        assert token
        form = urlencode({"form_token": token[1], "key": self.key}).encode()
        before = answer.headers["Set-Cookie"].split(";")[0]
        return _signed_in(f"{self.url}/sign-in", form, before)


@contextmanager
def serving(furnished: Furnished, folder: Path) -> Iterator[Registry]:
    """Ended when its standard input closes. Nothing listens where it would call AWS: nobody asks it to."""
    command = [sys.executable, "-m", "rolecall", "serve", "--port", "0", "--until-stdin-closes"]
    told = {"ROLECALL_DATABASE": furnished.url, "ROLECALL_EXTERNAL_ID": "bench"}
    environment = {**aws_environment("http://127.0.0.1:9"), **told}
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    with process:
        assert process.stdout
        line = process.stdout.readline().decode().split()
        if not line:
            raise RuntimeError(f"rolecall serve ended at once: {(folder / 'serve.log').read_text()}")
        yield Registry(line[-1], furnished.key)


def _get(url: str) -> str:
    with build_opener().open(url) as answer:
        return str(answer.read().decode())


def _signed_in(url: str, form: bytes, cookie: str) -> str:
    from urllib.error import HTTPError

    try:
        build_opener(_Unfollowed).open(Request(url, form, {"Cookie": cookie}))
    except HTTPError as redirected:
        return str(redirected.headers["Set-Cookie"]).split(";")[0]
    raise RuntimeError("signing in did not lead on")
