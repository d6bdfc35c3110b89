"""What conditions and the trail know of resources: their tags, and no blobs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolecall.sandbox.names import WorldNames
from rolecall.sandbox.scenario import load_scenario

from .conftest import StartSandbox
from .served import ServedSandbox

REGION, TAGS = "us-east-1", {"Investigation": "case-7"}
UPPER, LOWER = [{"Key": "Investigation", "Value": "case-7"}], [{"key": "Investigation", "value": "case-7"}]
KMS = [{"TagKey": "Investigation", "TagValue": "case-7"}]


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> ServedSandbox:
    return start_sandbox(load_scenario("clean"), enforce="all")


def made(sandbox: ServedSandbox) -> dict[str, Any]:
    """A tagged thing of each service -> its ARN."""
    account = sandbox.world.management_account()
    ec2, ecs, logs = (sandbox.client(service) for service in ("ec2", "ecs", "logs"))
    specification = [{"ResourceType": "volume", "Tags": UPPER}]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, TagSpecifications=specification)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.create_tags(Resources=[snapshot], Tags=UPPER)
    logs.create_log_group(logGroupName="/aws/lambda/f", tags=TAGS)
    subnets = {"subnetIds": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]]}
    role = f"arn:aws:iam::{account}:role/eks"
    return {
        "ec2": f"arn:aws:ec2:{REGION}:{account}:volume/{volume}",
        "ec2, of nobody": f"arn:aws:ec2:{REGION}::snapshot/{snapshot}",
        "ecr": sandbox.client("ecr").create_repository(repositoryName="rr", tags=UPPER)["repository"]["repositoryArn"],
        "ecs": ecs.create_cluster(clusterName="c", tags=LOWER)["cluster"]["clusterArn"],
        "eks": sandbox.client("eks").create_cluster(name="k", roleArn=role, resourcesVpcConfig=subnets, tags=TAGS)[
            "cluster"
        ]["arn"],
        "kms": sandbox.client("kms").create_key(Tags=KMS)["KeyMetadata"]["Arn"],
        "logs": f"arn:aws:logs:{REGION}:{account}:log-group:/aws/lambda/f",
    }


def test_tags_are_known_of_what_the_store_has_and_of_nothing_else(sandbox: ServedSandbox) -> None:
    names, account = WorldNames(sandbox.world), sandbox.world.management_account()
    for kind, arn in made(sandbox).items():
        assert names.tags(arn, account) == TAGS, kind
        assert names.tags(arn[:-1], account) == {}, kind
        assert names.tags(arn.replace(REGION, "eu-west-1"), account) == {}, kind
    assert names.tags("*", account) == {}
    assert names.tags(f"arn:aws:sqs:{REGION}:{account}:queue", account) == {}


def test_ec2_has_its_own_word_for_a_refusal(sandbox: ServedSandbox) -> None:
    management = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    trusts = {"Effect": "Allow", "Principal": {"AWS": management}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusts]})
    arn = sandbox.client("iam").create_role(RoleName="Nobody", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    keys = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    with pytest.raises(ClientError, match="is not authorized to perform: ec2:DescribeInstances") as caught:
        sandbox.client_as("ec2", keys).describe_instances()
    assert caught.value.response["Error"]["Code"] == "UnauthorizedOperation"


def test_the_trail_tells_of_a_call_with_a_blob_but_not_the_blob(sandbox: ServedSandbox) -> None:
    kms = sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])
    events = sandbox.client("cloudtrail").lookup_events()["Events"]
    (event,) = (json.loads(event["CloudTrailEvent"]) for event in events if event["EventName"] == "Decrypt")
    assert event["requestParameters"] == {"ciphertextBlob": "****"}
