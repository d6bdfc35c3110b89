from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from rolecall.core.observed import Observed, Registration
from rolecall.errors import AccessDenied, ConfigError
from rolecall.flows.look import look
from rolecall.flows.observe import observe
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.platform import FakePlatform
from tests.fakes.stack_sets import FakeStackSets

from .acting import applied


async def test_an_empty_world_is_seen_as_such(cloud: FakeCloud) -> None:
    assert await observe(cloud.ports(), STACK_SET) == Observed(trusted_access=True)


async def test_instances_and_registrations_come_in_one_fixed_order(cloud: FakeCloud) -> None:
    await applied(cloud)
    found = cloud.stack_sets.sets[STACK_SET]
    found.instances = dict(reversed(found.instances.items()))
    cloud.platform.registered = dict(reversed(cloud.platform.registered.items()))
    observed = await observe(cloud.ports(), STACK_SET)
    assert [instance.account for instance in observed.instances] == sorted(found.instances)
    names = [registration.account_name for registration in observed.registrations]
    assert names == sorted(names)
    assert len(names) == 5


async def test_only_the_newest_operation_that_changes_something_is_read(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.stack_sets.run_foreign_operation(STACK_SET, polls=1)
    await anext(cloud.stack_sets.operations(STACK_SET))
    await cloud.stack_sets.detect_drift(STACK_SET, operation_id="detect-1")
    observed = await observe(cloud.ports(), STACK_SET)
    assert observed.operation is not None
    assert observed.operation.id == "of-somebody-else"


async def test_a_caller_who_may_not_ask_for_trusted_access_is_not_stopped(cloud: FakeCloud) -> None:
    class Secretive(FakeStackSets):
        async def trusted_access(self) -> bool:
            raise AccessDenied("AWS refused DescribeOrganizationsAccess", code="AccessDenied")

    ports = replace(cloud.ports(), stack_sets=Secretive(cloud.organizations))
    assert (await observe(ports, STACK_SET)).trusted_access is None


async def test_platforms_are_not_asked_when_they_are_left_out(cloud: FakeCloud) -> None:
    class Unasked(FakePlatform):
        async def registrations(self) -> AsyncIterator[Registration]:
            raise AssertionError("nobody should ask")
            yield

    ports = replace(cloud.ports(), platforms=(Unasked(),))
    seen = await look(config(), ports, platforms=False)
    assert seen.observed.registrations == ()
    assert not any(change.subject.startswith("platform") for change in seen.plan.changes)
    assert {row.registration for row in seen.rows()} == {None}


async def test_progress_ends_even_when_a_look_fails(cloud: FakeCloud) -> None:
    bad = config(targets={"organizational_units": ["/Nowhere"]})
    with pytest.raises(ConfigError):
        await look(bad, cloud.ports())
    assert cloud.progress.titles == ["Looking at the organization"]
    assert cloud.progress.open is None
