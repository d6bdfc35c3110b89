"""Ports for servers that are told theirs before they start, and for addresses at which nobody listens."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import chain

_PORTS = range(20_000, 32_000)
"""Below those that Linux gives by itself to whoever connects or asks for any port
(/proc/sys/net/ipv4/ip_local_port_range): one of these is taken only by who wants this very one."""

_KEPT: list[socket.socket] = []


def free_port() -> int:
    """One that no other test is given as long as this process runs.

    Of the same number we keep the UDP port, by which the other workers know that it is given.
    """
    first = os.getpid() * 97 % len(_PORTS)  # so that workers do not ask for the same ones
    for port in chain(_PORTS[first:], _PORTS[:first]):
        with suppress(OSError):
            _KEPT.append(_bound(socket.SOCK_DGRAM, port))
            with _bound(socket.SOCK_STREAM, port):
                return port
    raise OSError(f"none of the ports {_PORTS} is free")


def _bound(kind: socket.SocketKind, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    try:
        made.bind(("127.0.0.1", port))
    except OSError:
        made.close()
        raise
    return made
