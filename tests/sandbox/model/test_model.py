"""The model test. ROLECALL_MODEL_EXAMPLES asks for more, and other, examples than the fixed ones."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from .machine import Machine

_EXAMPLES = int(os.environ.get("ROLECALL_MODEL_EXAMPLES", "0"))
pytestmark = pytest.mark.timeout(0 if _EXAMPLES else 600)

TestStackSetsModel = Machine.TestCase
TestStackSetsModel.settings = settings(
    max_examples=_EXAMPLES or 40,
    stateful_step_count=15,
    derandomize=not _EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    print_blob=True,
)
