"""Schemathesis over the whole document, as each role and without a key.

A few, fixed examples; many where ROLECALL_EXHAUSTIVE is set, and others each time where ROLECALL_BY_LOT is.
https://schemathesis.readthedocs.io/en/stable/
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from rolecall.registry.app import create_app
from rolecall.registry.auth import Role, create_key
from rolecall.registry.buckets import AttemptLimits, Buckets
from rolecall.registry.settings import Settings

from .fakes import EXTERNAL_ID, FakeProbe
from .test_access import CALLS

pytestmark = pytest.mark.timeout(1200)
"""An administrator's takes minutes where many examples are wanted, and a busy machine several times as long."""
MANY = bool(os.environ.get("ROLECALL_EXHAUSTIVE"))
GENERATION: dict[str, Any] = {"generation": {"max-examples": 100 if MANY else 3}}
if not os.environ.get("ROLECALL_BY_LOT"):
    GENERATION["seed"] = 7
ADMINISTRATORS = (Role.ADMINISTRATOR, Role.PLATFORM_ADMINISTRATOR)
TWINS = (Role.LEAD_ANALYST,)
"""Who may do just what another role may, as test_access.py has it: they are asked less where not many are."""
ONLY_WITH_LUCK = ("DELETE", "/api/v3/auth/keys")
"""No link of the document leads to a body."""


@dataclass
class Findings:
    """What a run found wrong, and which statuses each operation answered."""

    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    statuses: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take(self, recorder: ScenarioRecorder) -> None:
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if found := check.failure_info:
                    title = (check.name, found.failure.operation or "")
                    self.failures.setdefault(title, f"{found.failure.message}\n{found.code_sample}")
            if interaction := recorder.interactions.get(case_id):
                label = recorder.cases[case_id].value.operation.label
                self.statuses[label].add(interaction.response.status_code if interaction.response else 0)


def is_asked_all(role: Role | None) -> bool:
    return MANY or role not in TWINS


def config(key: str | None, role: Role | None) -> SchemathesisConfig:
    """All checks are on, but where one cannot know better."""
    return SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {key}"} if key else {},
            **GENERATION,
            # How long examples take to be made is the machine's affair.
            "suppress-health-check": ["too_slow"],
            "phases": {
                "coverage": {"enabled": is_asked_all(role)},
                # Chains of calls get nowhere as somebody who may begin none.
                "stateful": {"enabled": MANY or role in ADMINISTRATORS},
            },
            "operations": [
                {
                    # A body may be well formed, and its role one that nobody can assume.
                    "include-name": "POST /api/v3/accounts",
                    "checks": {"positive_data_acceptance": {"expected-statuses": [201, 400, 401, 403, 409, 429]}},
                },
                {
                    # An account may be called `check` or `discovery/aws`, and then GET and DELETE have one to find.
                    # And the account that was just added is not the one of another name that is asked for next.
                    "include-path-regex": "accounts/(check|discovery/aws)$",
                    "checks": {
                        "allow_header_conformance": {"enabled": False},
                        "unsupported_method": {"enabled": False},
                        "ensure_resource_availability": {"enabled": False},
                    },
                },
            ],
        }
    )


def parts(app: FastAPI, key: str | None, role: Role | None) -> tuple[BaseSchema, ...]:
    """Keys are revoked last: one of those may be the key that schemathesis calls with."""
    schema = schemathesis.openapi.from_asgi("/api/v3/openapi.json", app, config=config(key, role))
    if role not in ADMINISTRATORS:
        return (schema,)
    return schema.exclude(path_regex="auth/keys", method="DELETE"), schema.include(path_regex="auth/keys")


def run(schemas: tuple[BaseSchema, ...]) -> Findings:
    findings = Findings()
    for schema in schemas:
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                findings.take(event.recorder)
            elif isinstance(event, events.NonFatalError):
                findings.failures["error", event.label] = str(event.value)
            elif isinstance(event, events.FatalError):
                raise event.exception
    return findings


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'registry.db'}"


@pytest.fixture
def app(url: str) -> Iterator[FastAPI]:
    """Guessing is not limited: schemathesis guesses a key at every call, and would hear nothing but 429 soon."""
    app = create_app(Settings(url, external_id=EXTERNAL_ID), FakeProbe())
    many = Buckets(capacity=1_000_000, seconds=1, keys=10)
    app.state.services = replace(app.state.services, attempts=AttemptLimits(failures=many))
    yield app
    app.state.services.database.close()


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role.value if role else "no key")
def test_nothing_that_schemathesis_thinks_of_is_answered_wrongly(app: FastAPI, url: str, role: Role | None) -> None:
    key = create_key(url, role.value, "schemathesis") if role else None
    findings = run(parts(app, key, role))
    assert findings.failures == {}, "\n\n".join(map(str, findings.failures.items()))
    for call, row in CALLS.items():
        seen = findings.statuses[" ".join(call)]
        well = any(200 <= status < 300 for status in seen)
        if role is None or row[list(Role).index(role)] == 403:
            assert (401 if role is None else 403) in seen, call
            assert not well, call
        elif role in ADMINISTRATORS and call != ONLY_WITH_LUCK:
            assert well, call
