"""`rolecall template --upload` and `--link`, with a bucket in the sandbox's own S3."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import client

BUCKET = "templates-example"


@pytest.fixture
def with_bucket(clean: Shell) -> Shell:
    client(clean, "s3").create_bucket(Bucket=BUCKET)
    clean.ok("init", "--external-id", EXTERNAL_ID)
    file = clean.folder / "rolecall.yaml"
    file.write_text(file.read_text().replace("deployment:\n", f"deployment:\n  template_bucket: {BUCKET}\n"))
    return clean


def stored(shell: Shell, url: str) -> str:
    bucket, key = urlsplit(url).path.lstrip("/").split("/", 1)
    body: bytes = client(shell, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode()


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_uploaded_is_what_would_be_printed(with_bucket: Shell, form: str) -> None:
    url = with_bucket.ok("template", "--upload", "--format", form).stdout.strip()
    assert urlsplit(url).query == ""
    assert url.endswith(f".{form}")
    assert stored(with_bucket, url) == with_bucket.ok("template", "--format", form).stdout


def test_a_stack_is_made_of_the_url_with_nothing_else_said(with_bucket: Shell) -> None:
    """As the console's "Next, Next" does: every parameter has its default."""
    url = with_bucket.ok("template", "--for", "management", "--upload").stdout.strip()
    cloudformation = client(with_bucket, "cloudformation")
    cloudformation.create_stack(StackName="by-hand", TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName="by-hand", WaiterConfig={"Delay": 1})
    arn = cloudformation.describe_stacks(StackName="by-hand")["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert arn.endswith(":role/CadoResponseRole")


def test_the_link_leads_to_the_console_with_the_template_and_a_name(with_bucket: Shell) -> None:
    link = urlsplit(with_bucket.ok("template", "--for", "management", "--link").stdout.strip())
    page, _, asked = link.fragment.partition("?")
    given = parse_qs(asked)
    assert (link.hostname, link.query, page) == (
        "console.aws.amazon.com",
        "region=us-east-1",
        "/stacks/create/review",
    )
    assert given["stackName"] == ["rolecall-CadoResponseRole"]
    assert "ManagedPolicyArns" in stored(with_bucket, given["templateURL"][0])


def test_without_a_bucket_nothing_is_printed(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    done = clean.run("template", "--upload")
    assert (done.status, done.stdout) == (2, "")
    assert "hint: give deployment.template_bucket" in done.stderr


def test_a_bucket_that_is_not_there_is_told(with_bucket: Shell) -> None:
    client(with_bucket, "s3").delete_bucket(Bucket=BUCKET)
    done = with_bucket.run("template", "--upload")
    assert (done.status, done.stdout) == (1, "")
    assert "NoSuchBucket" in done.stderr


def test_a_control_policy_is_no_template(with_bucket: Shell) -> None:
    done = with_bucket.run("template", "--for", "protect-scp", "--upload")
    assert (done.status, done.stdout) == (2, "")
    assert "create-policy" in done.stderr
