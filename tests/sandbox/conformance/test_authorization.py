"""Which actions and resources a call needs, and which condition keys it has, where every call is authorized."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, eventually, trust

HOME, REGION, NAME = "audit", "us-east-1", "Worker"
Statement = dict[str, Any]


def allow(*actions: str, on: str | list[str] = "*", **conditions: Any) -> Statement:
    found = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return found | ({"Condition": conditions} if conditions else {})


def deny(*actions: str, on: str | list[str] = "*", **conditions: Any) -> Statement:
    return allow(*actions, on=on, **conditions) | {"Effect": "Deny"}


@dataclass
class Worker:
    """A role of a member account, or of the management account, and an administrator beside it."""

    sandbox: ServedSandbox
    account_id: str
    _credentials: dict[str, str]
    _iam: Any

    @classmethod
    def of(cls, sandbox: ServedSandbox, account: str | None = HOME) -> Worker:
        account_id = sandbox.account_id(account) if account else sandbox.world.management_account()
        iam = sandbox.client_of("iam", account) if account else sandbox.client("iam")
        management = f"arn:aws:iam::{sandbox.world.management_account()}:root"
        arn = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust(management)))["Role"]["Arn"]
        session = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"]
        return cls(sandbox, account_id, session, iam)

    def may(self, *statements: Statement) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self._iam.put_role_policy(RoleName=NAME, PolicyName="all", PolicyDocument=document)

    def client(self, service: str) -> Any:
        return self.sandbox.client_as(service, self._credentials)

    def admin(self, service: str) -> Any:
        return self.sandbox.client_of(service, HOME)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{REGION}:{self.account_id}:{resource}"


def refused_action(call: Any, **params: Any) -> str | None:
    """The action on a resource that a call was refused for; None where it was not refused, whatever else came of it."""
    try:
        call(**params)
    except ClientError as error:
        text = error.response["Error"]["Message"]
        if "is not authorized to perform: " in text:
            action, _, resource = (
                text.split("to perform: ")[1].split(" because")[0].split(" with an")[0].partition(" on ")
            )
            return f"{action} {resource.removeprefix('resource: ')}"
    return None


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> ServedSandbox:
    return start_sandbox(load_scenario("clean"), enforce="all")


@pytest.fixture
def worker(sandbox: ServedSandbox) -> Worker:
    return Worker.of(sandbox)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.py", "def h(e, c): pass")
    return buffer.getvalue()


@pytest.mark.behaviour(71)
def test_iams_resources_are_under_their_paths_and_an_attachment_is_about_the_principal(worker: Worker) -> None:
    iam = worker.admin("iam")
    service = json.dumps(trust(f"arn:aws:iam::{worker.account_id}:root"))
    iam.create_role(RoleName="Pathy", Path="/cado/", AssumeRolePolicyDocument=service)
    iam.create_user(UserName="ada", Path="/people/")
    prefix = f"arn:aws:iam::{worker.account_id}"
    client = worker.client("iam")
    worker.may(allow("iam:GetRole", on=f"{prefix}:role/cado/*"))
    assert client.get_role(RoleName="Pathy")["Role"]["Path"] == "/cado/"
    worker.may(allow("iam:GetRole", on=f"{prefix}:role/Pathy"))
    assert refused_action(client.get_role, RoleName="Pathy") == f"iam:GetRole {prefix}:role/cado/Pathy"
    policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    worker.may(allow("iam:AttachUserPolicy", on=policy))
    wanted = f"iam:AttachUserPolicy {prefix}:user/people/ada"
    assert refused_action(client.attach_user_policy, UserName="ada", PolicyArn=policy) == wanted
    worker.may(allow("iam:AttachUserPolicy", on=f"{prefix}:user/people/*"))
    client.attach_user_policy(UserName="ada", PolicyArn=policy)


@pytest.mark.behaviour(71)
def test_ec2s_ids_are_resources_and_so_is_what_a_call_makes(worker: Worker) -> None:
    admin, ec2 = worker.admin("ec2"), worker.client("ec2")
    image = admin.describe_images()["Images"][0]["ImageId"]
    run = {"ImageId": image, "MinCount": 1, "MaxCount": 1}
    instance = admin.run_instances(**run)["Instances"][0]["InstanceId"]
    volume = admin.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    worker.may(allow("ec2:StopInstances", on=worker.arn("ec2", f"instance/{instance}")))
    ec2.stop_instances(InstanceIds=[instance])
    worker.may(allow("ec2:*"), deny("ec2:TerminateInstances", on="arn:aws:ec2:*:*:instance/*"))
    assert str(refused_action(ec2.terminate_instances, InstanceIds=[instance])).startswith("ec2:TerminateInstances")
    worker.may(allow("ec2:CreateSnapshot", on=worker.arn("ec2", f"volume/{volume}")))
    made = f"arn:aws:ec2:{REGION}::snapshot/*"
    assert refused_action(ec2.create_snapshot, VolumeId=volume) == f"ec2:CreateSnapshot {made}"
    worker.may(allow("ec2:CreateSnapshot", on=[made, "arn:aws:ec2:*:*:volume/*"]))
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    source = f"arn:aws:ec2:{REGION}::snapshot/{snapshot}"
    worker.may(allow("ec2:CopySnapshot"), deny("ec2:CopySnapshot", on=source))
    copy = refused_action(ec2.copy_snapshot, SourceSnapshotId=snapshot, SourceRegion=REGION)
    assert copy == f"ec2:CopySnapshot {source}"
    taken = ["image", "instance", "network-interface", "security-group", "subnet", "volume"]
    kinds = [f"arn:aws:ec2:*:*:{kind}/*" for kind in taken]
    for missing in kinds:
        worker.may(allow("ec2:RunInstances", on=[kind for kind in kinds if kind != missing]))
        assert missing.split(":")[-1].split("/")[0] in str(refused_action(ec2.run_instances, **run))
    worker.may(allow("ec2:RunInstances", on=kinds))
    assert ec2.run_instances(**run)["Instances"]
    worker.may(allow("ec2:DescribeInstances", on=kinds))
    assert refused_action(ec2.describe_instances, InstanceIds=[instance]) == "ec2:DescribeInstances *"


@pytest.mark.behaviour(71)
def test_tags_with_a_creation_need_createtags_for_it(worker: Worker) -> None:
    volume = worker.admin("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    ec2, tags = worker.client("ec2"), [{"Key": "case", "Value": "7"}]
    tagged = {"VolumeId": volume, "TagSpecifications": [{"ResourceType": "snapshot", "Tags": tags}]}
    worker.may(allow("ec2:CreateSnapshot"))
    assert refused_action(ec2.create_snapshot, **tagged) == f"ec2:CreateTags arn:aws:ec2:{REGION}::snapshot/*"
    when = {"ec2:CreateAction": "CreateSnapshot", "aws:RequestTag/case": "7"}
    worker.may(allow("ec2:CreateSnapshot"), allow("ec2:CreateTags", StringEquals=when))
    snapshot = ec2.create_snapshot(**tagged)["SnapshotId"]
    assert str(refused_action(ec2.create_tags, Resources=[snapshot], Tags=tags)).startswith("ec2:CreateTags")


@pytest.mark.behaviour(71)
def test_a_role_that_is_given_to_a_service_must_be_passed(worker: Worker) -> None:
    iam = worker.admin("iam")
    services = {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com", "cloudformation.amazonaws.com"]}
    statement = {"Effect": "Allow", "Principal": services, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName="Passed", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName="profile")
    worker.may(allow("iam:AddRoleToInstanceProfile"))
    add = {"InstanceProfileName": "profile", "RoleName": "Passed"}
    assert refused_action(worker.client("iam").add_role_to_instance_profile, **add) == f"iam:PassRole {role}"
    iam.add_role_to_instance_profile(**add)
    image = worker.admin("ec2").describe_images()["Images"][0]["ImageId"]
    container = {"name": "a", "image": "b", "memory": 128}
    stack = {"TemplateBody": '{"Resources": {"R": {"Type": "AWS::IAM::Role"}}}'}
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        "lambda.amazonaws.com": (
            worker.client("lambda").create_function,
            {
                "FunctionName": "f",
                "Runtime": "python3.12",
                "Role": role,
                "Handler": "x.h",
                "Code": {"ZipFile": zipped()},
            },
        ),
        "ec2.amazonaws.com": (
            worker.client("ec2").run_instances,
            {"ImageId": image, "MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": "profile"}},
        ),
        "cloudformation.amazonaws.com": (
            worker.client("cloudformation").create_stack,
            {"StackName": "s", "RoleARN": role, **stack},
        ),
        "ecs-tasks.amazonaws.com": (
            worker.client("ecs").register_task_definition,
            {"family": "x", "taskRoleArn": role, "containerDefinitions": [container]},
        ),
    }
    own = allow("lambda:*", "ec2:*", "cloudformation:*", "ecs:*")
    for service, (call, params) in calls.items():
        worker.may(own, allow("iam:PassRole", StringNotEquals={"iam:PassedToService": service}))
        assert refused_action(call, **params) == f"iam:PassRole {role}"
        worker.may(own, allow("iam:PassRole", on=role, StringEquals={"iam:PassedToService": service}))
        assert refused_action(call, **params) is None


@pytest.mark.behaviour(71)
def test_a_self_managed_stack_set_passes_its_administration_role(sandbox: ServedSandbox) -> None:
    worker = Worker.of(sandbox, None)
    create = worker.client("cloudformation").create_stack_set
    given: dict[str, Any] = {"StackSetName": "own", "TemplateBody": '{"Resources": {"R": {"Type": "AWS::IAM::Role"}}}'}
    given |= {"Capabilities": ["CAPABILITY_IAM"]}
    worker.may(allow("cloudformation:*"))
    default = f"arn:aws:iam::{worker.account_id}:role/AWSCloudFormationStackSetAdministrationRole"
    assert refused_action(create, **given) == f"iam:PassRole {default}"
    other = default.replace("AWSCloudFormation", "Other")
    assert refused_action(create, AdministrationRoleARN=other, **given) == f"iam:PassRole {other}"
    assert create(PermissionModel="SERVICE_MANAGED", AutoDeployment={"Enabled": False}, **given)["StackSetId"]
    tagged = {
        "PermissionModel": "SERVICE_MANAGED",
        "Tags": [{"Key": "a", "Value": "b"}],
        **given,
        "StackSetName": "two",
    }
    worker.may(allow("cloudformation:CreateStackSet"))
    resource = worker.arn("cloudformation", "stackset/two:*")
    assert refused_action(create, **tagged) == f"cloudformation:TagResource {resource}"


@pytest.mark.behaviour(71)
def test_s3s_objects_versions_copies_and_what_goes_with_them(worker: Worker) -> None:
    admin, s3 = worker.admin("s3"), worker.client("s3")
    for bucket in ("source", "target"):
        admin.create_bucket(Bucket=bucket)
    admin.put_bucket_versioning(Bucket="source", VersioningConfiguration={"Status": "Enabled"})
    version = admin.put_object(Bucket="source", Key="k", Body=b"1")["VersionId"]
    source, target = "arn:aws:s3:::source/*", "arn:aws:s3:::target/*"
    named = {"Bucket": "source", "Key": "k"}
    worker.may(allow("s3:GetObject", on=source))
    assert s3.get_object(**named)["Body"].read() == b"1"
    assert refused_action(s3.get_object, VersionId=version, **named) == "s3:GetObjectVersion arn:aws:s3:::source/k"
    worker.may(allow("s3:GetObjectVersion", on=source))
    assert s3.get_object(VersionId=version, **named)["Body"].read() == b"1"
    worker.may(allow("s3:DeleteObject", on=source))
    assert (
        refused_action(s3.delete_object, VersionId=version, **named) == "s3:DeleteObjectVersion arn:aws:s3:::source/k"
    )
    copy = {"Bucket": "target", "Key": "copy", "CopySource": {"Bucket": "source", "Key": "k"}}
    worker.may(allow("s3:PutObject", on=target))
    assert refused_action(s3.copy_object, **copy) == "s3:GetObject arn:aws:s3:::source/k"
    worker.may(allow("s3:PutObject", on=target), allow("s3:GetObject", on=source))
    assert s3.copy_object(**copy)["CopyObjectResult"]
    put = {"Bucket": "target", "Key": "new", "Body": b""}
    assert refused_action(s3.put_object, ACL="private", **put) == "s3:PutObjectAcl arn:aws:s3:::target/new"
    assert refused_action(s3.put_object, Tagging="a=b", **put) == "s3:PutObjectTagging arn:aws:s3:::target/new"
    both = {"Bucket": "target", "Delete": {"Objects": [{"Key": "copy"}, {"Key": "kept"}]}}
    worker.may(allow("s3:DeleteObject", on="arn:aws:s3:::target/copy"))
    assert refused_action(s3.delete_objects, **both) == "s3:DeleteObject arn:aws:s3:::target/kept"
    worker.may(allow("s3:DeleteObject", on=target))
    assert len(s3.delete_objects(**both)["Deleted"]) == 2
    worker.may(allow("s3:ListBucket", StringLike={"s3:prefix": "home/*"}))
    assert s3.list_objects_v2(Bucket="target", Prefix="home/ada")["KeyCount"] == 0
    assert refused_action(s3.list_objects_v2, Bucket="target") == "s3:ListBucket arn:aws:s3:::target"


@pytest.mark.behaviour(71)
def test_systems_managers_documents_instances_and_parameters(worker: Worker) -> None:
    ssm = worker.client("ssm")
    worker.admin("ssm").put_parameter(Name="/a/b", Value="x", Type="String")
    command = {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-0123456789abcdef0"]}
    shell, instance = f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript", worker.arn("ec2", "instance/*")
    worker.may(allow("ssm:SendCommand", on=[shell, instance]))
    assert refused_action(ssm.send_command, **command) is None
    worker.may(allow("ssm:SendCommand", on=instance))
    assert refused_action(ssm.send_command, **command) == f"ssm:SendCommand {shell}"
    worker.may(allow("ssm:SendCommand"), deny("ssm:SendCommand", on=worker.arn("ec2", "instance/i-0123456789abcdef0")))
    assert "instance/i-0123456789abcdef0" in str(refused_action(ssm.send_command, **command))
    worker.may(allow("ssm:GetParameter*", on=worker.arn("ssm", "parameter/a/*")))
    assert ssm.get_parameters(Names=["/a/b"])["Parameters"]
    assert ssm.get_parameter(Name="/a/b:1")["Parameter"]["Value"] == "x"
    wanted = f"ssm:GetParameters {worker.arn('ssm', 'parameter/c')}"
    assert refused_action(ssm.get_parameters, Names=["/a/b", "/c"]) == wanted
    path = f"ssm:GetParametersByPath {worker.arn('ssm', 'parameter/c/d')}"
    assert refused_action(ssm.get_parameters_by_path, Path="/c/d") == path


@pytest.mark.behaviour(71)
def test_secrets_and_keys_are_found_by_the_names_that_calls_have_for_them(worker: Worker) -> None:
    secret = worker.admin("secretsmanager").create_secret(Name="word", SecretString="x")["ARN"]
    secrets = worker.client("secretsmanager")
    worker.may(allow("secretsmanager:GetSecretValue", on=secret))
    assert secrets.get_secret_value(SecretId="word")["SecretString"] == "x"
    missing = f"secretsmanager:GetSecretValue {worker.arn('secretsmanager', 'secret:other-??????')}"
    assert refused_action(secrets.get_secret_value, SecretId="other") == missing
    worker.may(allow("secretsmanager:CreateSecret", on=worker.arn("secretsmanager", "secret:new-*")))
    assert secrets.create_secret(Name="new", SecretString="x")["ARN"]
    admin, kms = worker.admin("kms"), worker.client("kms")
    key = admin.create_key()["KeyMetadata"]
    admin.create_alias(AliasName="alias/x", TargetKeyId=key["KeyId"])
    worker.may(allow("kms:Encrypt", on=key["Arn"]))
    sealed = [kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"] for name in (key["KeyId"], "alias/x")]
    worker.may(allow("kms:ReEncryptFrom"))
    again = {"CiphertextBlob": sealed[0], "DestinationKeyId": "alias/x"}
    assert refused_action(kms.re_encrypt, **again) == f"kms:ReEncryptTo {key['Arn']}"
    worker.may(allow("kms:DeleteAlias", on=worker.arn("kms", "alias/x")))
    assert refused_action(kms.delete_alias, AliasName="alias/x") == f"kms:DeleteAlias {key['Arn']}"
    worker.may(allow("kms:CreateGrant", Bool={"kms:GrantIsForAWSResource": "true"}))
    grant = {
        "KeyId": key["KeyId"],
        "GranteePrincipal": f"arn:aws:iam::{worker.account_id}:root",
        "Operations": ["Decrypt"],
    }
    assert refused_action(kms.create_grant, **grant) == f"kms:CreateGrant {key['Arn']}"


@pytest.mark.behaviour(71)
def test_every_table_of_a_batch_and_every_message_of_one(worker: Worker) -> None:
    admin, tables = worker.admin("dynamodb"), worker.client("dynamodb")
    attribute = {"AttributeName": "a", "AttributeType": "S"}
    schema = [{"AttributeName": "a", "KeyType": "HASH"}]
    for name in ("one", "two"):
        admin.create_table(
            TableName=name, KeySchema=schema, AttributeDefinitions=[attribute], BillingMode="PAY_PER_REQUEST"
        )
    key = {"a": {"S": "x"}}
    batch = {name: {"Keys": [key]} for name in ("one", "two")}
    worker.may(allow("dynamodb:BatchGetItem", on=worker.arn("dynamodb", "table/one")))
    two = worker.arn("dynamodb", "table/two")
    assert refused_action(tables.batch_get_item, RequestItems=batch) == f"dynamodb:BatchGetItem {two}"
    items = [{"Put": {"TableName": "one", "Item": key}}, {"Delete": {"TableName": "two", "Key": key}}]
    worker.may(allow("dynamodb:PutItem"))
    assert refused_action(tables.transact_write_items, TransactItems=items) == f"dynamodb:DeleteItem {two}"
    url = worker.admin("sqs").create_queue(QueueName="mine")["QueueUrl"]
    worker.may(allow("sqs:SendMessage", on=worker.arn("sqs", "mine")))
    entries = [{"Id": "1", "MessageBody": "x"}]
    assert worker.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)["Successful"]


@pytest.mark.behaviour(71)
def test_the_organizations_accounts_units_and_policies_are_resources(sandbox: ServedSandbox) -> None:
    worker = Worker.of(sandbox, None)
    client, world = worker.client("organizations"), sandbox.world
    prefix = f"arn:aws:organizations::{worker.account_id}"
    account = f"{prefix}:account/{world.organization_id()}/{sandbox.account_id(HOME)}"
    worker.may(allow("organizations:DescribeAccount", on=f"{prefix}:account/{world.organization_id()}/*"))
    assert client.describe_account(AccountId=sandbox.account_id(HOME))["Account"]["Name"] == HOME
    worker.may(allow("organizations:*"), deny("organizations:CloseAccount", on=account))
    close = refused_action(client.close_account, AccountId=sandbox.account_id(HOME))
    assert close == f"organizations:CloseAccount {account}"
    root, unit = world.organization.root_id, next(iter(world.organization.units_in(world.organization.root_id))).id
    move = {"AccountId": sandbox.account_id(HOME), "SourceParentId": root, "DestinationParentId": unit}
    worker.may(allow("organizations:MoveAccount", on=[account, f"{prefix}:ou/*"]))
    wanted = f"organizations:MoveAccount {prefix}:root/{world.organization_id()}/{root}"
    assert refused_action(client.move_account, **move) == wanted
    worker.may(allow("organizations:DescribePolicy", on=f"{prefix}:policy/*"))
    full = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    described = refused_action(client.describe_policy, PolicyId="p-FullAWSAccess")
    assert described == f"organizations:DescribePolicy {full}"
    service = {"organizations:ServicePrincipal": "config.amazonaws.com"}
    worker.may(allow("organizations:EnableAWSServiceAccess", StringEquals=service))
    client.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    other = refused_action(client.enable_aws_service_access, ServicePrincipal="ram.amazonaws.com")
    assert other == "organizations:EnableAWSServiceAccess *"


@pytest.mark.behaviour(72)
@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:PrincipalIsAWSService", "false", True),
        ("Bool", "aws:ViaAWSService", "false", True),
        ("Null", "aws:CalledVia", "true", True),
        ("Bool", "aws:MultiFactorAuthPresent", "false", True),
        ("Bool", "aws:MultiFactorAuthPresent", "true", False),
        ("DateLessThan", "aws:TokenIssueTime", "2100-01-01T00:00:00Z", True),
        ("DateLessThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z", False),
        ("StringLike", "aws:userid", "AROA*:work", True),
        ("StringLike", "aws:UserAgent", "Boto3/*", True),
        ("StringEquals", "ec2:Region", REGION, True),
    ],
)
def test_global_keys_tell_of_the_request(worker: Worker, operator: str, key: str, value: str, holds: bool) -> None:
    worker.may(allow("ec2:DescribeInstances") | {"Condition": {operator: {key: value}}})
    assert (refused_action(worker.client("ec2").describe_instances) is None) is holds


@pytest.mark.behaviour(72)
def test_a_users_own_key_tells_neither_of_a_session_nor_of_a_second_factor(sandbox: ServedSandbox) -> None:
    iam = sandbox.client_of("iam", HOME)
    iam.create_user(UserName="ada")
    absent = {"aws:MultiFactorAuthPresent": "true", "aws:TokenIssueTime": "true"}
    document = {"Version": "2012-10-17", "Statement": [allow("iam:ListUsers", Null=absent)]}
    iam.put_user_policy(UserName="ada", PolicyName="list", PolicyDocument=json.dumps(document))
    ada = sandbox.client_as("iam", iam.create_access_key(UserName="ada")["AccessKey"])
    assert ada.list_users()["Users"]


@pytest.mark.behaviour(72)
def test_sessions_that_were_issued_before_a_moment_are_revoked(sandbox: ServedSandbox, worker: Worker) -> None:
    def revoke() -> None:
        """As the console's button does."""
        moment = f"{sandbox.world.now():%Y-%m-%dT%H:%M:%SZ}"
        worker.may(allow("iam:*"), deny("*", DateLessThan={"aws:TokenIssueTime": moment}))

    sandbox.advance(seconds=5)
    revoke()
    assert refused_action(worker.client("iam").list_users) == "iam:ListUsers *"
    sandbox.advance(seconds=5)
    newer = sandbox.client_of("iam", HOME, NAME)
    assert newer.list_users()["Users"] == []


@pytest.mark.behaviour(71)
def test_a_user_is_not_given_a_name_that_is_not_allowed(worker: Worker) -> None:
    worker.admin("iam").create_user(UserName="ada")
    users, client = f"arn:aws:iam::{worker.account_id}:user", worker.client("iam")
    worker.may(allow("iam:UpdateUser"), deny("iam:UpdateUser", on=f"{users}/grace"))
    wanted = f"iam:UpdateUser {users}/grace"
    assert refused_action(client.update_user, UserName="ada", NewUserName="grace") == wanted
    client.update_user(UserName="ada", NewUserName="ada", NewPath="/people/")


@pytest.mark.behaviour(72)
def test_tags_policies_and_boundaries_of_iams_calls_are_keys(worker: Worker) -> None:
    admin, iam = worker.admin("iam"), worker.client("iam")
    account = json.dumps(trust(f"arn:aws:iam::{worker.account_id}:root"))
    admin.create_user(UserName="ada")
    read, admins = (f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "AdministratorAccess"))
    worker.may(allow("iam:AttachUserPolicy", ArnEquals={"iam:PolicyARN": read}))
    iam.attach_user_policy(UserName="ada", PolicyArn=read)
    assert refused_action(iam.attach_user_policy, UserName="ada", PolicyArn=admins)
    worker.may(allow("iam:CreateRole", "iam:PutRolePolicy", StringEquals={"iam:PermissionsBoundary": read}))
    create = {"AssumeRolePolicyDocument": account}
    iam.create_role(RoleName="bound", PermissionsBoundary=read, **create)
    assert refused_action(iam.create_role, RoleName="free", **create)
    own = {"PolicyName": "p", "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*")]})}
    iam.put_role_policy(RoleName="bound", **own)
    admin.create_role(RoleName="free", **create)
    assert refused_action(iam.put_role_policy, RoleName="free", **own)
    worker.may(allow("iam:CreateRole", "iam:GetRole", StringEquals={"aws:RequestTag/team": "red"}))
    red = [{"Key": "team", "Value": "red"}]
    assert str(refused_action(iam.create_role, RoleName="red", Tags=red, **create)).startswith("iam:TagRole ")
    worker.may(allow("iam:CreateRole", "iam:TagRole", StringEquals={"aws:RequestTag/team": "red"}))
    iam.create_role(RoleName="red", Tags=red, **create)
    assert refused_action(iam.create_role, RoleName="blue", Tags=[{"Key": "team", "Value": "blue"}], **create)
    worker.may(allow("iam:GetRole", StringEquals={"aws:ResourceTag/team": "red"}))
    assert iam.get_role(RoleName="red")["Role"]
    assert refused_action(iam.get_role, RoleName="free")


@pytest.mark.behaviour(72)
def test_what_ec2_has_is_known_by_its_tags(worker: Worker) -> None:
    admin, ec2 = worker.admin("ec2"), worker.client("ec2")
    image = admin.describe_images()["Images"][0]["ImageId"]
    made = admin.run_instances(ImageId=image, MinCount=2, MaxCount=2)["Instances"]
    ours, theirs = (instance["InstanceId"] for instance in made)
    admin.create_tags(Resources=[ours], Tags=[{"Key": "Name", "Value": "CadoResponse-1"}])
    worker.may(allow("ec2:StopInstances", StringLike={"aws:ResourceTag/Name": "CadoResponse-*"}))
    ec2.stop_instances(InstanceIds=[ours])
    assert refused_action(ec2.stop_instances, InstanceIds=[theirs])
    assert refused_action(ec2.stop_instances, InstanceIds=[ours, theirs])


@pytest.mark.behaviour(72)
def test_whose_a_resource_is_is_told_where_that_is_known(sandbox: ServedSandbox, worker: Worker) -> None:
    worker.admin("s3").create_bucket(Bucket="ours")
    sandbox.client("s3").create_bucket(Bucket="managements")
    s3, world = worker.client("s3"), sandbox.world
    worker.may(allow("s3:ListBucket", StringEquals={"aws:ResourceAccount": worker.account_id}))
    assert s3.list_objects_v2(Bucket="ours")["KeyCount"] == 0
    assert refused_action(s3.list_objects_v2, Bucket="managements")
    worker.may(allow("s3:ListBucket", StringEquals={"aws:ResourceOrgID": world.organization_id()}))
    assert s3.list_objects_v2(Bucket="managements")["KeyCount"] == 0
    account = world.account(worker.account_id)
    assert account is not None
    path = f"{world.organization_id()}/{'/'.join(account.unit_path)}/"
    inside = {"ForAnyValue:StringEquals": {"aws:ResourceOrgPaths": path}}
    worker.may(allow("s3:ListBucket") | {"Condition": inside})
    assert s3.list_objects_v2(Bucket="ours")["KeyCount"] == 0
    assert refused_action(s3.list_objects_v2, Bucket="managements")


@pytest.mark.behaviour(72)
def test_cloudformation_calls_with_its_callers_rights_and_says_so(worker: Worker) -> None:
    cloudformation = worker.client("cloudformation")
    body = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust("*")}}}}
    create = {"TemplateBody": json.dumps(body), "Capabilities": ["CAPABILITY_IAM"]}

    def made(name: str) -> str:
        cloudformation.create_stack(StackName=name, **create)
        described = worker.admin("cloudformation").describe_stacks
        eventually(lambda: not described(StackName=name)["Stacks"][0]["StackStatus"].endswith("PROGRESS"))
        return str(described(StackName=name)["Stacks"][0]["StackStatus"])

    through = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
    worker.may(allow("cloudformation:*"), allow("iam:*") | {"Condition": through})
    assert made("through") == "CREATE_COMPLETE"
    assert refused_action(worker.client("iam").list_roles)
    worker.may(allow("cloudformation:*"), allow("iam:*", Bool={"aws:ViaAWSService": "false"}))
    assert made("direct") in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


def protect(sandbox: ServedSandbox, target: str, *actions: str, **conditions: Any) -> None:
    """Attaches a resource control policy that denies."""
    statement = deny(*actions, **conditions) | {"Principal": "*"}
    organizations = sandbox.client("organizations")
    made = organizations.create_policy(
        Name="Protect",
        Description="",
        Type="RESOURCE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)


@pytest.mark.behaviour(46)
def test_an_rcp_holds_for_every_service_that_heeds_it_and_for_no_other(sandbox: ServedSandbox, worker: Worker) -> None:
    worker.admin("s3").create_bucket(Bucket="ours")
    sandbox.client("s3").create_bucket(Bucket="managements")
    worker.may(allow("*"))
    s3 = worker.client("s3")
    assert s3.list_objects_v2(Bucket="ours")["KeyCount"] == 0
    services = ["s3:*", "kms:*", "dynamodb:*", "iam:*", "ec2:*"]
    protect(sandbox, sandbox.world.organization.root_id, *services, Bool={"aws:SecureTransport": "true"})
    with pytest.raises(ClientError, match="with an explicit deny in a resource control policy"):
        s3.list_objects_v2(Bucket="ours")
    assert refused_action(sandbox.client("s3").list_objects_v2, Bucket="ours")  # the owner's account decides
    assert s3.list_objects_v2(Bucket="managements")["KeyCount"] == 0
    key = worker.arn("kms", "key/1234")
    assert refused_action(worker.client("kms").describe_key, KeyId=key) == f"kms:DescribeKey {key}"
    assert refused_action(worker.client("dynamodb").describe_table, TableName="t")
    assert worker.client("iam").list_roles()["Roles"]
    assert worker.client("iam").get_role(RoleName=NAME)["Role"]
    assert worker.client("ec2").describe_instances()["Reservations"] == []
