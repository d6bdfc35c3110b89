"""Requests are found in whatever pieces they come in, and answers are as late as they should be."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from bench.wire import header, listening, reply

HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nX-Amz-Target: A.B\r\ncontent-length: 3\r\n\r\n"


def echo(head: bytes, body: bytes) -> bytes:
    return reply(200, "text/plain", head.split(b" ")[0] + b" " + body)


async def test_a_request_in_pieces_and_two_in_one() -> None:
    async with listening(echo) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        for piece in (HEAD[:20], HEAD[20:] + b"a", b"bc" + HEAD + b"def"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        for body in (b"POST abc", b"POST def"):
            answer = await reader.readuntil(body)
            assert b"Content-Length: 8\r\n" in answer
        writer.close()


@pytest.mark.parametrize(("name", "value"), [(b"x-amz-target", b"A.B"), (b"content-length", b"3"), (b"ost", b"")])
def test_a_header_is_found_by_its_name(name: bytes, value: bytes) -> None:
    assert header(HEAD, name) == value


async def test_every_answer_waits_for_the_latency_and_none_for_another() -> None:
    """One after another they would take 100 seconds."""
    connector = aiohttp.TCPConnector(limit=0)
    async with listening(echo, latency=0.5) as url, aiohttp.ClientSession(connector=connector) as http:

        async def ask() -> str:
            async with http.post(url, data=b"x") as response:
                return await response.text()

        began = time.perf_counter()
        assert await asyncio.gather(*(ask() for _ in range(200))) == ["POST x"] * 200
        assert 0.5 <= time.perf_counter() - began < 60
