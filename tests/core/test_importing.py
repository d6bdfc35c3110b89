"""Which plain stacks can come into a stack set."""

from __future__ import annotations

import pytest

from rolecall.core.adoption.importing import StackArn, sort
from rolecall.core.ids import AccountId

from .worlds import AUDIT, BILLING, MANAGEMENT, RETIRED, desired, instance

STRANGER = AccountId("999999999999")


def stack(account: AccountId, name: str = "Response", region: str = "us-east-1") -> StackArn:
    return StackArn.parse(
        f"arn:aws:cloudformation:{region}:{account}:stack/{name}/0b5f1a2c-aaaa-bbbb-cccc-0123456789ab"
    )


@pytest.mark.parametrize(
    "text", ["", "Response", f"arn:aws:cloudformation:us-east-1:{AUDIT}:stack/Response", f"arn:aws:iam::{AUDIT}:role/X"]
)
def test_what_is_no_stack_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the ARN of a stack"):
        StackArn.parse(text)


def test_each_stack_that_cannot_come_is_told_why() -> None:
    first, again = stack(AUDIT), stack(AUDIT, "Another")
    elsewhere, strange, own, asleep = (
        stack(BILLING, region="eu-west-1"), stack(STRANGER), stack(MANAGEMENT), stack(RETIRED),
    )  # fmt: skip
    found = sort([first, again, elsewhere, strange, own, asleep], desired(), ())
    assert found.coming == (first,)
    assert {one: why.split(",")[0].split(":")[0] for one, why in found.refused.items()} == {
        again: "arn",
        elsewhere: "it is in eu-west-1",
        strange: "its account is not in the organization",
        own: "it is in the management account",
        asleep: "its account is no target",
    }


def test_what_is_there_already_is_no_failure() -> None:
    there, other = stack(AUDIT), stack(BILLING)
    instances = (instance(AUDIT, stack_id=there.text), instance(BILLING, stack_id="another"))
    found = sort([there, there, other], desired(), instances)
    assert (found.coming, set(found.there)) == ((), {there})
    assert found.refused == {other: "the stack set has another stack in that account already"}
