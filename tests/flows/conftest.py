from __future__ import annotations

import pytest

from tests.fakes.cloud import FakeCloud


@pytest.fixture
def cloud() -> FakeCloud:
    """An organization with units three deep and six member accounts, one of them suspended."""
    cloud = FakeCloud()
    organizations = cloud.organizations
    workloads = organizations.unit("Workloads")
    prod = organizations.unit("Prod", workloads)
    organizations.account("audit", organizations.unit("Security"))
    organizations.account("billing", prod)
    organizations.account("payments", organizations.unit("Payments", prod))
    organizations.account("dev", organizations.unit("Dev", workloads))
    return cloud
