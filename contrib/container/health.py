"""Whether the registry in this container answers: exit status 0 or 1. Asks `/healthz` on loopback, with TLS or not."""

from __future__ import annotations

import http.client
import ssl
import sys

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8080


def answers(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# The certificate is for the name that others call it by, which is not this one.
_tls = ssl._create_unverified_context()  # noqa: S323
_ways = (
    http.client.HTTPConnection("127.0.0.1", PORT, timeout=3),
    http.client.HTTPSConnection("127.0.0.1", PORT, timeout=3, context=_tls),
)
sys.exit(not any(map(answers, _ways)))
