"""HTTP/1.1 as SDKs speak it to AWS, on a bare asyncio protocol: a head, a body of a told length, an answer.

No router, no chunks, no header objects: aiohttp's server took three times the CPU a request. Listens on loopback.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Answering = Callable[[bytes, bytes], bytes]
"""From a request's head, with the empty line that ends it, and its body, to all the bytes of the answer."""

_END_OF_HEAD = b"\r\n\r\n"
_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}


def header(head: bytes, name: bytes) -> bytes:
    """Its value, or nothing. `name` in lower case."""
    start = head.lower().find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    return head[start : head.index(b"\r\n", start)].strip()


def reply(status: int, kind: str, body: bytes) -> bytes:
    """All the bytes of an answer; `kind` is its content type."""
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body


class Connection(asyncio.Protocol):
    """One client's. `latency`, in seconds, is between the last byte of a request and the first of its answer."""

    def __init__(self, answering: Answering, latency: float) -> None:
        self._answering = answering
        self._latency = latency
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(_END_OF_HEAD)) >= 0:
            start = end + len(_END_OF_HEAD)
            head = self._unread[:start]
            whole = start + int(header(head, b"content-length") or 0)
            if len(self._unread) < whole:
                return
            body, self._unread = self._unread[start:whole], self._unread[whole:]
            self._send(self._answering(head, body))

    def _send(self, answer: bytes) -> None:
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


@asynccontextmanager
async def listening(answering: Answering, latency: float = 0) -> AsyncIterator[str]:
    """Gives the URL."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answering, latency), "127.0.0.1", 0, backlog=1024)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
