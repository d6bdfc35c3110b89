"""The guide of Terraform: its command is run, and what it says of the file is looked for there."""

from __future__ import annotations

from pathlib import Path

from tests.docs.shown import ROOT, blocks, run

PAGE = "docs/guides/terraform.md"


def test_the_file_holds_what_the_guide_says(tmp_path: Path) -> None:
    init = "rolecall init --external-id canary-5f0c2e --trusted-principal arn:aws:iam::111111111111:role/Platform"
    done = run([init, *blocks(PAGE, "test_terraform_guide")], tmp_path)
    assert done.returncode == 0, done.stderr
    text, page = (tmp_path / "role.tf").read_text(), (ROOT / PAGE).read_text("utf-8")
    for resource in ("aws_cloudformation_stack_set", "aws_cloudformation_stack_instances", "aws_cloudformation_stack"):
        assert f'resource "{resource}" ' in text
        assert f"`{resource}`" in page
    assert "canary-5f0c2e" not in text
    assert 'variable "external_id"' in text
