"""What most of these tests begin with, in the scenario `clean`."""

from __future__ import annotations

from typing import Any

import pytest

from ..served import ServedSandbox
from .cloud import Deployment


@pytest.fixture
def deployment(sandbox: ServedSandbox) -> Deployment:
    deployment = Deployment.of(sandbox)
    deployment.create()
    return deployment


@pytest.fixture
def organizations(sandbox: ServedSandbox) -> Any:
    return sandbox.client("organizations")
