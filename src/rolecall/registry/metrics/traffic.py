"""What this process has answered since it began. Counts in memory; the labels are ours, never a caller's."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Histogram

from rolecall.registry.metrics.state import PREFIX

_METHODS = frozenset(HTTPMethod)
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
"""In seconds; 0.2 is the round trip that the platform promises."""


class Traffic:
    """The requests of one process, in a registry of metrics of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            f"{PREFIX}_requests", "Requests that this process has answered.", ["method", "status"], registry=registry
        )
        self._seconds = Histogram(
            f"{PREFIX}_request_duration_seconds", "How long the answers took.", buckets=_BOUNDS, registry=registry
        )
        self._refused = Counter(
            f"{PREFIX}_failed_authentications",
            "Requests and sign-ins with no key or with one that is not known (401), or after too many of them (429).",
            registry=registry,
        )

    def count(self, method: str, status: int, seconds: float) -> None:
        """One request that was answered; `status` 0 where its caller left before."""
        self._requests.labels(method if method in _METHODS else "other", str(status)).inc()
        self._seconds.observe(seconds)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS):
            self._refused.inc()
