"""Where a call's template comes from: its text, an S3 object, or the former template. Reads the world's store.

Sizes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from rolecall.sandbox.authorize import require
from rolecall.sandbox.stacks.actors import SERVICE
from rolecall.sandbox.stacks.errors import constraint_broken, invalid
from rolecall.sandbox.wire import Call, WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

MAX_BODY_BYTES = 51_200
MAX_OBJECT_BYTES = 1_048_576
_S3_ERRORS = "http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"


def template_body(world: World, call: Call, former: str | None = None) -> str:
    """The template's text. `former` answers UsePreviousTemplate.

    Raises WireError `ValidationError` unless there is exactly one source, within its size.
    """
    body, url = call.params.get("TemplateBody"), call.params.get("TemplateURL")
    previous = bool(call.params.get("UsePreviousTemplate"))
    if sum((body is not None, url is not None, previous)) != 1 or (previous and former is None):
        allowed = "TemplateBody, TemplateURL" if former is None else "TemplateBody, TemplateURL, UsePreviousTemplate"
        raise invalid(f"Exactly one of [{allowed}] must be specified.")
    if body is not None:
        return _within(str(body), MAX_BODY_BYTES)
    return s3_text(world, call, str(url), MAX_OBJECT_BYTES) if url is not None else former or ""


def s3_text(world: World, call: Call, url: str, limit: int) -> str:
    """An S3 object's text, read as the caller. `limit` is in bytes. Raises WireError `ValidationError`."""
    bucket, key = _location(url)
    reading = Call("s3", "GetObject", {"Bucket": bucket, "Key": key}, call.caller, call.region)
    try:
        if world.enforcement == "all":
            require(world, reading, via=SERVICE)
        account_id = call.caller.account_id
        answer = world.store.call("s3", "GetObject", reading.params, account_id=account_id, region=call.region)
    except WireError as error:
        said = "Access Denied" if error.code == "AccessDenied" else error.message
        raise invalid(f"S3 error: {said}\nFor more information check {_S3_ERRORS}") from error
    body = answer["Body"]
    return _within(body if isinstance(body, str) else body.decode(), limit)


def _within(body: str, limit: int) -> str:
    if len(body.encode()) > limit:
        raise constraint_broken(body, "templateBody", f"Member must have length less than or equal to {limit}")
    return body


def _location(url: str) -> tuple[str, str]:
    """(bucket, key) of an S3 URL, its bucket in the host or in the path.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    parts = urlsplit(url)
    path = unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        return parts.netloc, path
    bucket, dot_s3, _ = (parts.hostname or "").partition(".s3")
    if dot_s3 and path:
        return bucket, path
    bucket, _, key = path.partition("/")
    if parts.scheme not in ("http", "https") or not key:
        raise invalid("TemplateURL must be a supported URL.")
    return bucket, key
