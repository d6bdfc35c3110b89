"""Links into the console, in each partition."""

from __future__ import annotations

import pytest

from rolecall.core.template.console import quick_create_link

URL = "https://bucket.s3.amazonaws.com/rolecall/a b.yaml"


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
        ("aws-cn", "console.amazonaws.cn"),
    ],
)
def test_each_partition_has_its_console(partition: str, host: str) -> None:
    assert quick_create_link(URL, "the-stack", "eu-west-1", partition) == (
        f"https://{host}/cloudformation/home?region=eu-west-1#/stacks/create/review"
        "?templateURL=https%3A%2F%2Fbucket.s3.amazonaws.com%2Frolecall%2Fa%20b.yaml&stackName=the-stack"
    )
