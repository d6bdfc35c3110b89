"""A call in the words of IAM policies: its action and its resource. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from rolecall.sandbox.wire import Call, Params

UNKNOWN = "UnknownOperation"
"""The operation of a request that tells none: whoever may not do all may not do it."""

_PREFIXES = {
    "awsssoportal": "sso",
    "email": "ses",
    "iotdata": "iot",
    "monitoring": "cloudwatch",
    "tagging": "tag",
}
"""Signing names whose services have another prefix in policies."""

_ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("s3", "CompleteMultipartUpload"): "PutObject",
    ("s3", "CopyObject"): "PutObject",
    ("s3", "CreateMultipartUpload"): "PutObject",
    ("s3", "DeleteBucketCors"): "PutBucketCORS",
    ("s3", "DeleteBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "DeleteBucketLifecycle"): "PutLifecycleConfiguration",
    ("s3", "DeleteBucketOwnershipControls"): "PutBucketOwnershipControls",
    ("s3", "DeleteBucketReplication"): "PutReplicationConfiguration",
    ("s3", "DeleteBucketTagging"): "PutBucketTagging",
    ("s3", "DeleteObjects"): "DeleteObject",
    ("s3", "DeletePublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "GetBucketAccelerateConfiguration"): "GetAccelerateConfiguration",
    ("s3", "GetBucketCors"): "GetBucketCORS",
    ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycle"): "GetLifecycleConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "GetLifecycleConfiguration",
    ("s3", "GetBucketNotificationConfiguration"): "GetBucketNotification",
    ("s3", "GetBucketReplication"): "GetReplicationConfiguration",
    ("s3", "GetObjectLockConfiguration"): "GetBucketObjectLockConfiguration",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "ListMultipartUploads"): "ListBucketMultipartUploads",
    ("s3", "ListObjectVersions"): "ListBucketVersions",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListParts"): "ListMultipartUploadParts",
    ("s3", "PutBucketAccelerateConfiguration"): "PutAccelerateConfiguration",
    ("s3", "PutBucketCors"): "PutBucketCORS",
    ("s3", "PutBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "PutBucketLifecycle"): "PutLifecycleConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "PutLifecycleConfiguration",
    ("s3", "PutBucketNotificationConfiguration"): "PutBucketNotification",
    ("s3", "PutBucketReplication"): "PutReplicationConfiguration",
    ("s3", "PutObjectLockConfiguration"): "PutBucketObjectLockConfiguration",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "UploadPart"): "PutObject",
    ("s3", "UploadPartCopy"): "PutObject",
}
"""Operations whose actions have another name.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html, under each operation's permissions"""

_FORMS = {
    ("dynamodb", "TableName"): "table/{}",
    ("ecr", "repositoryName"): "repository/{}",
    ("events", "Name"): "rule/{}",
    ("events", "Rule"): "rule/{}",
    ("kms", "KeyId"): "key/{}",
    ("lambda", "FunctionName"): "function:{}",
    ("logs", "logGroupName"): "log-group:{}",
    ("sns", "Name"): "{}",
    ("sqs", "QueueName"): "{}",
    ("sqs", "QueueUrl"): "{}",
    ("ssm", "Name"): "parameter/{}",
}
"""(service, parameter) -> the last part of the ARN of the resource that it names."""


def action_of(call: Call) -> str:
    """As a policy names it, such as `s3:ListAllMyBuckets`."""
    operation = call.action or UNKNOWN
    prefix = _PREFIXES.get(call.service, call.service)
    return f"{prefix}:{_ACTIONS.get((call.service, operation), operation)}"


def resource_of(call: Call) -> str:
    """The ARN that a call is about, as far as its parameters tell; `*` otherwise."""
    params, account_id = call.params, call.caller.account_id
    if call.service == "s3":
        return _s3_resource(params)
    if call.service == "iam":
        return _iam_resource(params, account_id)
    if call.service == "cloudformation":
        return _cloudformation_resource(params, f"arn:aws:cloudformation:{call.region}:{account_id}")
    if call.service == "sts":
        return str(params.get("RoleArn", "*"))
    return _named_resource(call)


def _s3_resource(params: Params) -> str:
    if not params.get("Bucket"):
        return "*"
    key = params.get("Key")
    return f"arn:aws:s3:::{params['Bucket']}/{key}" if key else f"arn:aws:s3:::{params['Bucket']}"


def _iam_resource(params: Params, account_id: str) -> str:
    for name in ("PolicySourceArn", "PolicyArn"):
        if name in params and "RoleName" not in params:
            return str(params[name])
    for name, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group"), ("PolicyName", "policy")):
        if name in params:
            return f"arn:aws:iam::{account_id}:{kind}{params.get('Path', '/')}{params[name]}"
    return "*"


def _cloudformation_resource(params: Params, prefix: str) -> str:
    """With `*` for the unique id, which a policy cannot know either."""
    for name, form in (("StackSetName", "stackset/{}:*"), ("StackName", "stack/{}/*")):
        value = str(params.get(name, ""))
        if value:
            return value if value.startswith("arn:") else f"{prefix}:{form.format(value.split(':')[0])}"
    return "*"


def _named_resource(call: Call) -> str:
    """By the first parameter that holds an ARN, or that is known to name the resource."""
    for name, value in call.params.items():
        if isinstance(value, str) and value.startswith("arn:"):
            return value
        form = _FORMS.get((call.service, name))
        if form is not None and isinstance(value, str):
            return f"arn:aws:{call.service}:{call.region}:{call.caller.account_id}:{form.format(_bare(value))}"
    return "*"


def _bare(value: str) -> str:
    """A queue's URL ends in its name; a parameter's path begins with a slash that its ARN has already."""
    return value.rsplit("/", 1)[-1] if value.startswith("http") else value.lstrip("/")
