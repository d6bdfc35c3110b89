"""Structured logs: one JSON object a line, with keys and other secrets masked. Writes to the stream it is given."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TextIO

from rolecall.registry.auth import KEY_PATTERN

_MASK = "***"


class JsonFormatter(logging.Formatter):
    """One record as one line of JSON. `secrets` are masked wherever they stand, also inside a traceback."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets if secret)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self._masked(json.dumps(line, ensure_ascii=False))

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return KEY_PATTERN.sub(rf"\1.{_MASK}", text)


def configure_logs(stream: TextIO, secrets: Sequence[str] = ()) -> None:
    """Sends the logs of the registry and of its server to `stream`, and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(secrets))
    for name in ("rolecall.registry", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
