"""The template is larger than CloudFormation takes."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.template import MAX_BODY_BYTES

FROM_S3 = 1_048_576
"""Bytes of a template that is read from S3."""


def _check(subject: Subject) -> Iterator[Finding]:
    most = FROM_S3 if subject.template_bucket else MAX_BODY_BYTES
    if subject.template_bytes > most:
        message = f"is {subject.template_bytes:,} bytes, of which CloudFormation takes {most:,}"
        bucket = "give deployment.template_bucket, from which it takes 1 MiB"
        mend = "name fewer resources" if subject.template_bucket else bucket
        yield Finding(RULE.id, "template", message, mend)


RULE = Rule(
    id="template-size",
    title="The template is larger than CloudFormation takes",
    why="In a call it takes 51,200 bytes, from an S3 bucket 1 MiB. "
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html",
    check=_check,
    excusable=False,
)
