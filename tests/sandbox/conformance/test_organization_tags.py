"""Tags of what is in an organization: given at creation or later, and limited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..served import ServedSandbox, created
from .reasons import INVALID, VIOLATED, reason

OWNER = {"Key": "owner", "Value": "security"}
SCP = "SERVICE_CONTROL_POLICY"
WRONG = {
    "INVALID_SYSTEM_TAGS_PARAMETER": [{"Key": "AWS:owner", "Value": "x"}],
    "DUPLICATE_TAG_KEY": [OWNER, OWNER],
    "MAX_TAG_LIMIT_EXCEEDED": [{"Key": f"key-{number}", "Value": ""} for number in range(51)],
}


def makers(sandbox: ServedSandbox, organizations: Any) -> dict[str, Any]:
    """Calls that make something with tags; each gives its id."""
    deny = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
    root = sandbox.world.organization.root_id

    def account(tags: list[dict[str, str]]) -> Any:
        begun = organizations.create_account(AccountName="new", Email="new@example.com", Tags=tags)
        return created(organizations, begun["CreateAccountStatus"]["Id"])["AccountId"]

    def unit(tags: list[dict[str, str]]) -> Any:
        made = organizations.create_organizational_unit(ParentId=root, Name="New", Tags=tags)
        return made["OrganizationalUnit"]["Id"]

    def policy(tags: list[dict[str, str]]) -> Any:
        made = organizations.create_policy(Name="New", Description="", Type=SCP, Content=deny, Tags=tags)
        return made["Policy"]["PolicySummary"]["Id"]

    return {"account": account, "unit": unit, "policy": policy}


@pytest.mark.behaviour(69)
@pytest.mark.parametrize("kind", ["account", "unit", "policy"])
def test_what_is_made_with_tags_has_them(sandbox: ServedSandbox, organizations: Any, kind: str) -> None:
    made = makers(sandbox, organizations)[kind]([OWNER])
    assert organizations.list_tags_for_resource(ResourceId=made)["Tags"] == [OWNER]


@pytest.mark.behaviour(69)
@pytest.mark.parametrize("kind", ["account", "unit", "policy"])
@pytest.mark.parametrize("why", WRONG)
def test_nothing_is_made_with_tags_that_are_wrong(
    sandbox: ServedSandbox, organizations: Any, kind: str, why: str
) -> None:
    make = makers(sandbox, organizations)[kind]
    assert reason(make, tags=WRONG[why]) == (VIOLATED if why.startswith("MAX") else INVALID, why)
    assert organizations.list_create_account_status()["CreateAccountStatuses"] == []
    assert make([])


@pytest.mark.behaviour(69)
def test_tags_are_refused_all_or_none_and_counted_with_those_that_are_there(
    sandbox: ServedSandbox, organizations: Any
) -> None:
    root = {"ResourceId": sandbox.world.organization.root_id}
    full = WRONG["MAX_TAG_LIMIT_EXCEEDED"]
    organizations.tag_resource(Tags=full[:50], **root)
    tag = organizations.tag_resource
    assert reason(tag, Tags=[OWNER], **root) == (VIOLATED, "MAX_TAG_LIMIT_EXCEEDED")
    tag(Tags=[{"Key": "key-0", "Value": "changed"}], **root)
    organizations.untag_resource(TagKeys=["key-1"], **root)
    tag(Tags=[OWNER], **root)
    untag = organizations.untag_resource
    assert reason(untag, TagKeys=["aws:owner", "owner"], **root) == (INVALID, "INVALID_SYSTEM_TAGS_PARAMETER")
    pages = organizations.get_paginator("list_tags_for_resource").paginate(**root)
    tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    assert (len(tags), tags["key-0"], tags["owner"]) == (50, "changed", "security")
