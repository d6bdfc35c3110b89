"""The gateway: who is let in, what is logged, what becomes of calls that nobody answers."""

from __future__ import annotations

import gzip
import json
import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rolecall.sandbox.authorize import Authorizer
from rolecall.sandbox.gateway import Gateway
from rolecall.sandbox.identities import Identities
from rolecall.sandbox.scenario import load_scenario
from rolecall.sandbox.stored import HttpRequest
from rolecall.sandbox.wire import Call, Caller, PrincipalId

from .conftest import StartSandbox
from .served import ServedSandbox, allow, trust

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def error_of(call: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def keys_of(sandbox: ServedSandbox, profile: str) -> dict[str, str]:
    credentials = sandbox.session(profile).get_credentials()
    keys = {"AccessKeyId": credentials.access_key, "SecretAccessKey": credentials.secret_key}
    return keys | ({"SessionToken": credentials.token} if credentials.token else {})


def test_the_profiles_are_an_administrator_and_the_platforms_role(sandbox: ServedSandbox) -> None:
    management = sandbox.client("sts").get_caller_identity()
    platform = sandbox.client("sts", "platform").get_caller_identity()
    assert management["Arn"] == f"arn:aws:iam::{sandbox.world.management_account()}:user/admin"
    assert platform["Arn"] == "arn:aws:sts::111111111111:assumed-role/CadoResponsePlatform/platform"
    assert sandbox.world.account("111111111111") is None


def test_a_wrong_secret_is_refused(sandbox: ServedSandbox) -> None:
    keys = keys_of(sandbox, "management") | {"SecretAccessKey": "wrong"}
    assert error_of(sandbox.client_as("sts", keys).get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_an_unknown_key_is_refused(sandbox: ServedSandbox) -> None:
    keys = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}
    assert error_of(sandbox.client_as("sts", keys).get_caller_identity) == ("InvalidClientTokenId", 403)


def test_a_session_needs_its_token(sandbox: ServedSandbox) -> None:
    keys = keys_of(sandbox, "platform")
    for token in ("", "another"):
        client = sandbox.client_as("sts", keys | {"SessionToken": token})
        assert error_of(client.get_caller_identity) == ("InvalidClientTokenId", 403)


def test_services_that_speak_json_have_their_own_codes(sandbox: ServedSandbox) -> None:
    keys = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}
    client = sandbox.client_as("organizations", keys)
    assert error_of(client.list_accounts) == ("UnrecognizedClientException", 400)


def test_a_request_without_a_signature_is_refused(sandbox: ServedSandbox) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sandbox.endpoint)
    assert caught.value.code == 403
    assert b"MissingAuthenticationToken" in caught.value.read()


def test_a_changed_body_breaks_the_signature(sandbox: ServedSandbox) -> None:
    client = sandbox.client("sts")

    def tamper(request: Any, **_: Any) -> None:
        request.body = request.body.replace("GetCallerIdentity", "GetSessionToken")
        request.headers["Content-Length"] = str(len(request.body))

    client.meta.events.register("before-send.sts", tamper)
    assert error_of(client.get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_a_users_own_key_signs_until_it_is_deleted(sandbox: ServedSandbox) -> None:
    iam = sandbox.client_of("iam", "audit")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    sts = sandbox.client_as("sts", key)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{sandbox.account_id('audit')}:user/ada"
    iam.delete_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"])
    assert error_of(sts.get_caller_identity) == ("InvalidClientTokenId", 403)


def test_other_services_answer_from_the_store_in_the_callers_account(sandbox: ServedSandbox) -> None:
    sandbox.client_of("ec2", "audit").create_key_pair(KeyName="theirs")
    assert sandbox.client("ec2").describe_key_pairs()["KeyPairs"] == []
    assert sandbox.client_of("ec2", "audit").describe_key_pairs()["KeyPairs"][0]["KeyName"] == "theirs"


def test_objects_go_in_and_out_and_by_presigned_url(sandbox: ServedSandbox) -> None:
    s3 = sandbox.session().client(
        "s3", endpoint_url=sandbox.endpoint, config=Config(signature_version="s3v4", retries={"mode": "standard"})
    )
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="a b/role.yaml", Body=b"Resources: {}")
    assert s3.get_object(Bucket="templates", Key="a b/role.yaml")["Body"].read() == b"Resources: {}"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "templates", "Key": "a b/role.yaml"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"Resources: {}"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.replace("role.yaml", "other.yaml"))


def test_downloads_ask_for_the_size_first_and_bodies_may_be_zipped(sandbox: ServedSandbox, tmp_path: Path) -> None:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="evidence")
    s3.put_object(Bucket="evidence", Key="a/b.gz", Body=gzip.compress(b"disk"), ContentEncoding="gzip")
    s3.download_file("evidence", "a/b.gz", str(tmp_path / "b.gz"))
    assert gzip.decompress((tmp_path / "b.gz").read_bytes()) == b"disk"


@pytest.mark.parametrize("attributes", [{}, {"ReceiveMessageWaitTimeSeconds": "20"}])
def test_a_long_poll_keeps_nobody_else_waiting(sandbox: ServedSandbox, attributes: dict[str, str]) -> None:
    sqs = sandbox.client("sqs")
    url = sqs.create_queue(QueueName="poll", Attributes=attributes)["QueueUrl"]
    asked: dict[str, Any] = {"QueueUrl": url} | ({} if attributes else {"WaitTimeSeconds": 20})
    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(sqs.receive_message, **asked)
        assert sandbox.client("sts").get_caller_identity()
        assert not polling.done()
        sandbox.client("sqs").send_message(QueueUrl=url, MessageBody="here")
        came = polling.result(timeout=19)  # before the poll is over by itself
        assert [message["Body"] for message in came["Messages"]] == ["here"]


def test_a_short_poll_of_an_empty_queue_comes_back_empty(sandbox: ServedSandbox) -> None:
    sqs = sandbox.client("sqs")
    url = sqs.create_queue(QueueName="short")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert error_of(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=21)[1] == 400


def test_an_operation_that_nobody_has_says_so(sandbox: ServedSandbox) -> None:
    effective = sandbox.client("organizations").describe_effective_policy
    assert error_of(effective, PolicyType="TAG_POLICY") == ("NotImplemented", 501)
    assert error_of(sandbox.client("iam").get_organizations_access_report, JobId="0" * 36)[1] == 501


def test_every_answer_carries_a_request_id(sandbox: ServedSandbox) -> None:
    for client, call in (("sts", "get_caller_identity"), ("organizations", "list_roots"), ("iam", "list_users")):
        answer = getattr(sandbox.client(client), call)()
        assert re.fullmatch(UUID, answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"])


def test_the_log_has_a_line_a_request_and_no_secret(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    sandbox = start_sandbox(load_scenario("clean"), log=log)
    sandbox.client("sts", "platform").get_caller_identity()
    keys = keys_of(sandbox, "platform")
    error_of(sandbox.client_as("sts", keys | {"SecretAccessKey": "wrong"}).get_caller_identity)
    good, bad = (json.loads(line) for line in log.read_text().splitlines())
    assert (good["service"], good["action"], good["status"]) == ("sts", "GetCallerIdentity", 200)
    assert (good["caller"].split("/")[1], good["account"]) == ("CadoResponsePlatform", "111111111111")
    assert (bad["status"], bad["caller"]) == (403, None)
    assert not any(secret in log.read_text() for secret in keys.values())


def test_the_files_are_private_and_go_when_it_ends(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"))
    directory = sandbox.running.directory
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / "credentials").stat().st_mode & 0o777 == 0o600
    assert sandbox.environment()["AWS_CONFIG_FILE"] == str(directory / "config")
    assert sandbox.environment()["AWS_PROFILE"] == "management"


def test_a_bug_in_a_handler_is_an_internal_failure(sandbox: ServedSandbox, caplog: pytest.LogCaptureFixture) -> None:
    def broken(call: Call) -> dict[str, Any]:
        raise ZeroDivisionError(call.action)

    handlers = {("sts", "GetCallerIdentity"): broken}
    gateway = Gateway(sandbox.world, Identities(sandbox.world), handlers, Authorizer(sandbox.world))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    request = HttpRequest("POST", "/", form, b"Action=GetCallerIdentity&Version=2011-06-15")
    arn = "arn:aws:iam::111111111111:user/ada"
    exchange = gateway.perform(request, "sts", "us-east-1", Caller("111111111111", arn, arn, PrincipalId("AIDA")))
    assert exchange.response is not None
    assert exchange.response.status == 500
    assert b"<Code>InternalFailure</Code>" in exchange.response.body
    assert "ZeroDivisionError: GetCallerIdentity" in caplog.text


def test_enforcement_of_everything_holds_callers_to_their_policies(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    iam = sandbox.client_of("iam", "audit")
    root = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(trust(root)))
    policy = json.dumps(allow("iam:ListRoles"))
    iam.put_role_policy(RoleName="Reader", PolicyName="read", PolicyDocument=policy)
    reader = sandbox.client_of("iam", "audit", "Reader")
    assert reader.list_roles()["Roles"]
    assert error_of(reader.list_users) == ("AccessDenied", 403)
    assert sandbox.client_of("sts", "audit", "Reader").get_caller_identity()


def test_enforcement_knows_rest_services_and_what_their_calls_name(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    iam = sandbox.client_of("iam", "audit")
    root = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    statements = [
        {"Effect": "Allow", "Action": ["s3:CreateBucket", "s3:ListBucket"], "Resource": "arn:aws:s3:::mine"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::mine/in/*"},
        {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "arn:aws:sqs:*:*:mine"},
        {"Effect": "Allow", "Action": "dynamodb:DescribeTable", "Resource": "arn:aws:dynamodb:*:*:table/mine"},
    ]
    iam.create_role(RoleName="Worker", AssumeRolePolicyDocument=json.dumps(trust(root)))
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="Worker", PolicyName="work", PolicyDocument=document)
    s3 = sandbox.client_of("s3", "audit", "Worker")
    s3.create_bucket(Bucket="mine")
    assert s3.list_objects_v2(Bucket="mine")["KeyCount"] == 0
    s3.put_object(Bucket="mine", Key="in/a b.txt", Body=b"x")
    assert error_of(s3.put_object, Bucket="mine", Key="out/a.txt", Body=b"x") == ("AccessDenied", 403)
    assert error_of(s3.get_object, Bucket="mine", Key="in/a b.txt") == ("AccessDenied", 403)
    assert error_of(s3.list_buckets) == ("AccessDenied", 403)
    functions = sandbox.client_of("lambda", "audit", "Worker")
    assert functions.list_functions()["Functions"] == []
    assert error_of(functions.get_function, FunctionName="f") == ("AccessDeniedException", 403)
    queues = sandbox.client_of("sqs", "audit", "Worker")
    assert queues.create_queue(QueueName="mine")["QueueUrl"]
    assert error_of(queues.create_queue, QueueName="theirs")[0].startswith("AccessDenied")
    tables = sandbox.client_of("dynamodb", "audit", "Worker")
    assert error_of(tables.describe_table, TableName="mine") == ("ResourceNotFoundException", 400)
    assert error_of(tables.describe_table, TableName="theirs") == ("AccessDeniedException", 400)


def test_a_template_in_a_bucket_is_read_with_the_callers_rights(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    iam, s3 = sandbox.client_of("iam", "audit"), sandbox.client_of("s3", "audit")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="t.json", Body=b'{"Resources": {"R": {"Type": "AWS::IAM::Role"}}}')
    root = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    iam.create_role(RoleName="Deployer", AssumeRolePolicyDocument=json.dumps(trust(root)))
    iam.put_role_policy(
        RoleName="Deployer", PolicyName="cfn", PolicyDocument=json.dumps(allow("cloudformation:ValidateTemplate"))
    )
    given = {"TemplateURL": "https://templates.s3.amazonaws.com/t.json"}
    validate = sandbox.client_of("cloudformation", "audit", "Deployer").validate_template
    with pytest.raises(ClientError, match="S3 error: Access Denied"):
        validate(**given)
    iam.put_role_policy(RoleName="Deployer", PolicyName="s3", PolicyDocument=json.dumps(allow("s3:GetObject")))
    assert validate(**given)["Capabilities"] == ["CAPABILITY_IAM"]


def test_without_enforcement_a_caller_may_do_anything_but_simulate(sandbox: ServedSandbox) -> None:
    iam = sandbox.client_of("iam", "audit")
    root = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    iam.create_role(RoleName="Empty", AssumeRolePolicyDocument=json.dumps(trust(root)))
    assert sandbox.client_of("iam", "audit", "Empty").list_users()["Users"] == []


def test_asking_over_http_with_the_token_stops_it(sandbox: ServedSandbox) -> None:
    def ask(token: str) -> int:
        request = urllib.request.Request(
            f"{sandbox.endpoint}/_rolecall/stop", method="POST", headers={"x-rolecall-token": token}
        )
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)

    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask("guess")
    assert not sandbox.running.stop_requested.is_set()
    assert ask(sandbox.running.state.token) == 200
    assert sandbox.running.stop_requested.is_set()
