"""What there is in the account for the roles to be used on: some that the scopes are about, and others like them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..served import allow

Thing = Mapping[str, Any]
"""What a kind of resource is called -> its name, id or ARN."""
Client = Callable[[str], Any]
"""Service -> a client of the account's administrator."""

TAG_SCOPE = {"Investigation": "case-*"}
"""The tag scope's value."""
INSIDE = {"Investigation": "case-7", "Name": "CadoResponse-7"}
OTHERWISE_TAGGED = {"Investigation": "closed-7", "Name": "Cado-7"}


@dataclass(frozen=True)
class Things:
    """`inside`: what every scope is about. The others are outside of each: without the tags, and with other ones."""

    inside: Thing
    outside: Thing
    otherwise: Thing


def make(client: Client, account_id: str) -> Things:
    common = _common(client, account_id)
    return Things(
        inside=common | _make(client, common, "evidence-1", "alias/forensics/disks", INSIDE),
        outside=common | _make(client, common, "payroll", "alias/payroll", {}),
        otherwise=common | _make(client, common, "evidence-12", "alias/forensics-disks", OTHERWISE_TAGGED),
    )


def _common(client: Client, account_id: str) -> dict[str, Any]:
    """What is never inside a scope, and what everything else is made of."""
    iam, ec2 = client("iam"), client("ec2")
    trusts = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusts]})
    iam.create_instance_profile(InstanceProfileName="profile")
    return {
        "account": account_id,
        "role": "Somebody",
        "role_arn": iam.create_role(RoleName="Somebody", AssumeRolePolicyDocument=document)["Role"]["Arn"],
        "policy": iam.create_policy(PolicyName="Somebody", PolicyDocument=json.dumps(allow("s3:*")))["Policy"]["Arn"],
        "subnet": ec2.describe_subnets()["Subnets"][0]["SubnetId"],
        "image_of_aws": ec2.describe_images()["Images"][0]["ImageId"],
    }


def _make(client: Client, common: Thing, name: str, alias: str, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        **_disks(client("ec2"), common, name, tags),
        **_key(client("kms"), alias),
        **_containers(client, common, name, tags),
        **_function(client, common, name, tags),
        "bucket": _bucket(client("s3"), name),
    }


def _disks(ec2: Any, common: Thing, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
    run = ec2.run_instances(ImageId=common["image_of_aws"], MinCount=1, MaxCount=1)
    made = {
        "instance": run["Instances"][0]["InstanceId"],
        "volume": ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"],
        "address": ec2.allocate_address(Domain="vpc")["AllocationId"],
    }
    made["snapshot"] = ec2.create_snapshot(VolumeId=made["volume"])["SnapshotId"]
    made["image"] = ec2.create_image(InstanceId=made["instance"], Name=name)["ImageId"]
    if tags:
        ec2.create_tags(Resources=list(made.values()), Tags=_listed(tags, "Key", "Value"))
    return made


def _key(kms: Any, alias: str) -> dict[str, Any]:
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    return {"key": key, "sealed": kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]}


def _containers(client: Client, common: Thing, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
    ecs, listed = client("ecs"), _listed(tags, "key", "value")
    ecs.create_cluster(clusterName=name, tags=listed)
    ecs.register_task_definition(family=name, containerDefinitions=[{"name": "a", "image": "b", "memory": 128}])
    network = {"awsvpcConfiguration": {"subnets": [common["subnet"]]}}
    task = ecs.run_task(
        cluster=name, taskDefinition=name, launchType="FARGATE", networkConfiguration=network, tags=listed
    )["tasks"][0]["taskArn"]
    client("eks").create_cluster(
        name=name, roleArn=common["role_arn"], resourcesVpcConfig={"subnetIds": [common["subnet"]]}, tags=tags
    )
    return {"task": task}


def _function(client: Client, common: Thing, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
    client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=common["role_arn"],
        Handler="x.h",
        Code={"ZipFile": _zipped()},
        Tags=tags,
    )
    client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}", tags=tags)
    client("ecr").create_repository(repositoryName=name, tags=_listed(tags, "Key", "Value"))
    return {"log_group": f"/aws/lambda/{name}"}


def _bucket(s3: Any, name: str) -> str:
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a.log", Body=b"x")
    return name


def _listed(tags: Mapping[str, str], key: str, value: str) -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in tags.items()]


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.py", "def h(e, c): pass")
    return buffer.getvalue()
