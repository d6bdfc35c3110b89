"""What S3's calls need: objects have more than one action to a call, and versions have their own. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Context, Names, Need
from rolecall.sandbox.wire import Call, Params

_OF_VERSIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}
"""The action on an object -> that on one of its versions."""

_ACL = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
_WITH: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "PutObject": {
        "PutObjectAcl": _ACL,
        "PutObjectLegalHold": ("ObjectLockLegalHoldStatus",),
        "PutObjectRetention": ("ObjectLockMode", "ObjectLockRetainUntilDate"),
        "PutObjectTagging": ("Tagging",),
    },
    "CreateBucket": {
        "PutBucketAcl": _ACL,
        "PutBucketObjectLockConfiguration": ("ObjectLockEnabledForBucket",),
        "PutBucketOwnershipControls": ("ObjectOwnership",),
        "PutBucketVersioning": ("ObjectLockEnabledForBucket",),
    },
}
"""The action -> further ones, and the parameters of which any asks for them."""

_KEYS = {
    "ACL": "s3:x-amz-acl",
    "CopySource": "s3:x-amz-copy-source",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "Prefix": "s3:prefix",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:VersionId",
}
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html"""
_COPYING = ("CopyObject", "UploadPartCopy")
_ARN = "arn:aws:s3:::"


def needs(call: Call, names: Names) -> Iterator[Need]:  # noqa: ARG001  # the services' common form
    params, context = call.params, _context(call.params)
    action = action_of(call).removeprefix("s3:")
    for resource, version in _resources(call):
        yield Need(f"s3:{_versioned(action, version)}", resource, context)
        for further, asking in _WITH.get(action, {}).items():
            if any(params.get(name) for name in asking):
                yield Need(f"s3:{further}", resource, context)
        if call.action == "GetObjectAttributes":
            yield Need(f"s3:{_versioned('GetObject', version)}", resource, context)
    if call.action in _COPYING and params.get("CopySource"):
        yield _reading(str(params["CopySource"]))


def _versioned(action: str, version: str | None) -> str:
    return _OF_VERSIONS.get(action, action) if version else action


def _resources(call: Call) -> Iterator[tuple[str, str | None]]:
    """ARN and version of the bucket or object, or of every object that is deleted at once."""
    params = call.params
    bucket = params.get("Bucket")
    if not bucket:
        yield ANY, None
    elif call.action == "DeleteObjects":
        objects = (params.get("Delete") or {}).get("Objects") or [{"Key": "*"}]
        yield from ((f"{_ARN}{bucket}/{entry.get('Key')}", entry.get("VersionId")) for entry in objects)
    else:
        key = params.get("Key")
        yield (f"{_ARN}{bucket}/{key}" if key else f"{_ARN}{bucket}"), params.get("VersionId")


def _reading(source: str) -> Need:
    """The object that is copied: `<bucket>/<key>?versionId=<id>`."""
    path, _, query = source.partition("?")
    version = dict(parse_qsl(query)).get("versionId")
    return Need(f"s3:{_versioned('GetObject', version)}", f"{_ARN}{unquote(path.lstrip('/'))}")


def _context(params: Params) -> Context:
    return {key: (str(params[name]),) for name, key in _KEYS.items() if params.get(name) not in (None, "")}
