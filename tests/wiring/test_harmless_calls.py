"""The calls of `check --probe`: each is what it says, by AWS's own reference and the SDK's own models."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.validate import ParamValidator

from rolecall.core.permission_groups import GROUPS, PermissionGroup
from rolecall.core.probe import HarmlessCall
from rolecall.core.service_reference import AccessLevel
from rolecall.wiring.service_reference import service_reference

CALLS = [pytest.param(group, group.probe, id=group.id) for group in GROUPS.values() if group.probe]


@pytest.mark.parametrize(("group", "call"), CALLS)
def test_each_only_lists_or_reads(group: PermissionGroup, call: HarmlessCall) -> None:
    action = service_reference([call.action]).actions[call.action.lower()]
    assert action.level in (AccessLevel.LIST, AccessLevel.READ)
    assert call.action in group.actions


@pytest.mark.parametrize(("group", "call"), CALLS)
def test_the_sdk_knows_the_operation_and_takes_its_parameters(group: PermissionGroup, call: HarmlessCall) -> None:
    model = botocore.session.get_session().get_service_model(call.service)
    shape = model.operation_model(call.operation).input_shape
    report = ParamValidator().validate(dict(call.parameters), shape)
    assert not report.has_errors(), report.generate_report()
    assert set(call.parameters) <= set(shape.members), group.id


def test_a_group_without_one_says_why() -> None:
    without = {group.id: group.unprobed for group in GROUPS.values() if group.probe is None}
    assert without.keys() == {"s3-encrypted", "ebs-encrypted"}
    assert all("KMS key" in why for why in without.values())
