"""Templates too large for a call, through a bucket of the sandbox's own S3."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolecall.aws.client import Client
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.aws.stacks import AwsStacks
from rolecall.aws.template_bucket import TemplateBucket
from rolecall.core.observed import AutoDeployment, StackContent
from rolecall.errors import AwsError, RolecallError
from tests.sandbox.served import ServedSandbox

from .stage import REGION, content

BUCKET = "templates-example"


@pytest.fixture
def bucket(sandbox: ServedSandbox) -> TemplateBucket:
    sandbox.client("s3").create_bucket(Bucket=BUCKET)
    return TemplateBucket(Client(sandbox.session(), "s3", REGION), BUCKET)


def large() -> StackContent:
    usual = content()
    return replace(usual, template=usual.template + "# " + "x" * 60_000 + "\n")


async def test_a_template_is_put_under_the_name_of_its_content(sandbox: ServedSandbox, bucket: TemplateBucket) -> None:
    first, again, other = [await bucket.upload(text) for text in ("one", "one", "other")]
    assert first == again != other
    assert "?" not in first, "no signature leaves in a URL"
    listed = sandbox.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert len(listed) == 2
    assert all(entry["Key"].startswith("rolecall/") for entry in listed)


async def test_a_large_template_goes_by_the_bucket(sandbox: ServedSandbox, bucket: TemplateBucket) -> None:
    cloudformation = Client(sandbox.session(), "cloudformation", REGION)
    stack_sets = AwsStackSets(cloudformation, Preferences(), bucket=bucket)
    stacks = AwsStacks(cloudformation, bucket)
    await stack_sets.create("large", large(), AutoDeployment(False))
    await stacks.create("large", large())
    found = await stack_sets.describe("large")
    assert found is not None
    assert found.content.template == large().template
    stack = await stacks.describe("large")
    assert stack is not None
    assert stack.content.template == large().template


async def test_a_small_one_does_not(sandbox: ServedSandbox, bucket: TemplateBucket) -> None:
    await AwsStacks(Client(sandbox.session(), "cloudformation", REGION), bucket).create("small", content())
    assert "Contents" not in sandbox.client("s3").list_objects_v2(Bucket=BUCKET)


async def test_without_a_bucket_a_large_one_is_refused_with_the_sizes(sandbox: ServedSandbox) -> None:
    with pytest.raises(RolecallError) as caught:
        await AwsStacks(Client(sandbox.session(), "cloudformation", REGION)).create("large", large())
    assert "51,200" in caught.value.detail
    assert "deployment.template_bucket" in caught.value.hint


async def test_a_bucket_that_is_not_there_is_told(sandbox: ServedSandbox) -> None:
    with pytest.raises(AwsError) as caught:
        await TemplateBucket(Client(sandbox.session(), "s3", REGION), "nobodys-bucket").upload("text")
    assert caught.value.code == "NoSuchBucket"
    assert caught.value.hint
