"""CloudTrail's records of calls and of what AWS does itself, as EventBridge and the event history carry them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html

A call has the same ids in both. Pure but for the world's ids and time.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rolecall.sandbox.wire import Call, Caller, Origin, Params, WireError
from rolecall.sandbox.world import World

API_CALL = "AWS API Call via CloudTrail"
SERVICE_EVENT = "AWS Service Event via CloudTrail"
MASK = "****"

_VERSION = "1.11"
_MAX_FIELD = 100 * 1024
_GLOBAL = ("organizations", "iam")
"""Services whose events are told in us-east-1, wherever the call went."""
_HOME = "us-east-1"
_READING = ("Describe", "List", "Get", "Lookup", "Simulate", "Head", "Search", "Validate", "Estimate")
_ASSUMING = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
"""Read-only, and yet told with their answer.
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html"""
_WRITING = ("GetSessionToken", "GetFederationToken")
_HIDDEN = frozenset(
    {"SecretAccessKey", "SessionToken", "SecretString", "SecretBinary", "Plaintext"}
    | {"Password", "NewPassword", "OldPassword"}
)
"""Members that are left out. AWS tells session tokens; here they would still open something."""
_MASKED = {("organizations", "CreateAccount"): frozenset({"AccountName", "Email"})}
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html"""


def traced(world: World, call: Call) -> Call:
    """The call with an id and a time, where it did not come over the wire and has none yet."""
    return call if call.origin else replace(call, origin=Origin(world.new_uuid("request"), world.now()))


def region_of(call: Call) -> str:
    """Where the call is told."""
    return _HOME if call.service in _GLOBAL else call.region


def recipients(call: Call, error: WireError | None) -> tuple[str, ...]:
    """The accounts that are told: the caller's, and that of a role that was assumed."""
    caller = call.caller.account_id
    owner = str(call.params.get("RoleArn", "")).split(":")[4:5] if call.action in _ASSUMING and error is None else []
    return (caller, *(account_id for account_id in owner if account_id != caller))


def is_read_only(action: str) -> bool:
    return (action.startswith(_READING) or action in _ASSUMING) and action not in _WRITING


def tells_answer(action: str) -> bool:
    """Whether a record has `responseElements`."""
    return action in _ASSUMING or not is_read_only(action)


def event_id(call: Call, recipient: str) -> str:
    """The same wherever the account is told."""
    return _derived_id(call, recipient)


def api_call(
    call: Call, answer: Params | None = None, error: WireError | None = None, recipient: str | None = None
) -> dict[str, Any]:
    """The record of a traced call. `recipient` is an account that is told beside the caller's own."""
    assert call.origin is not None
    told = recipient or call.caller.account_id
    foreign = told != call.caller.account_id
    elements = answer if error is None and tells_answer(call.action) else None
    record = {
        "eventVersion": _VERSION,
        "userIdentity": _foreign_identity(call.caller) if foreign else _identity(call.caller, call.origin),
        "eventTime": timestamp(call.origin.time),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.action,
        "awsRegion": region_of(call),
        "sourceIPAddress": "127.0.0.1",
        "userAgent": call.origin.user_agent,
        **({"errorCode": error.code, "errorMessage": error.message} if error else {}),
        "requestParameters": _field(call, call.params),
        "responseElements": _field(call, elements),
        "requestID": call.origin.request_id,
        "eventID": event_id(call, told),
        "readOnly": is_read_only(call.action),
        **_assumed(call),
        **_management("AwsApiCall", told),
    }
    shared = {"sharedEventID": _derived_id(call, "shared")} if len(recipients(call, error)) > 1 else {}
    return record | shared


def service_event(world: World, service: str, name: str, account_id: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The record of something that AWS did, in us-east-1, where global services tell it."""
    host = f"{service}.amazonaws.com"
    return {
        "eventVersion": _VERSION,
        "userIdentity": {"accountId": account_id, "invokedBy": host},
        "eventTime": timestamp(world.now()),
        "eventSource": host,
        "eventName": name,
        "awsRegion": _HOME,
        "sourceIPAddress": host,
        "userAgent": host,
        "requestParameters": None,
        "responseElements": None,
        "eventID": world.new_uuid("record"),
        "readOnly": False,
        "serviceEventDetails": dict(details),
        **_management("AwsServiceEvent", account_id),
    }


def timestamp(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def spoken(time: datetime, comma: str = "") -> str:
    """A time within a record's fields: `Sep 16, 2020 9:20:50 PM`. Some services have a `comma` after the year."""
    return f"{time:%b} {time.day}, {time.year}{comma} {time.hour % 12 or 12}:{time:%M:%S %p}"


def _management(kind: str, account_id: str) -> dict[str, Any]:
    return {
        "eventType": kind,
        "managementEvent": True,
        "recipientAccountId": account_id,
        "eventCategory": "Management",
    }


def _assumed(call: Call) -> dict[str, Any]:
    """The resources of a call that assumes a role."""
    arn = str(call.params.get("RoleArn", ""))
    if call.action not in _ASSUMING or arn.count(":") < 5:
        return {}
    return {"resources": [{"ARN": arn, "accountId": arn.split(":")[4], "type": "AWS::IAM::Role"}]}


def _derived_id(call: Call, name: str) -> str:
    assert call.origin is not None
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{call.origin.request_id}/{name}"))


def _identity(caller: Caller, origin: Origin) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""
    known = {"principalId": _principal_id(caller), "arn": caller.arn, "accountId": caller.account_id}
    if origin.access_key_id:
        known["accessKeyId"] = origin.access_key_id
    if caller.arn.endswith(":root"):
        return {"type": "Root", **known}
    if not caller.is_session:
        return {"type": "IAMUser", **known, "userName": caller.arn.rsplit("/", 1)[-1]}
    issuer = {"type": "Role", "principalId": caller.principal_id, "arn": caller.principal_arn}
    issuer |= {"accountId": caller.account_id, "userName": caller.principal_arn.rsplit("/", 1)[-1]}
    source = {"sourceIdentity": caller.source_identity} if caller.source_identity else {}
    return {"type": "AssumedRole", **known, "sessionContext": {"sessionIssuer": issuer, **source}}


def _foreign_identity(caller: Caller) -> dict[str, Any]:
    """All that another account is told of a caller."""
    return {"type": "AWSAccount", "principalId": _principal_id(caller), "accountId": caller.account_id}


def _principal_id(caller: Caller) -> str:
    return f"{caller.principal_id}:{caller.session_name}" if caller.is_session else caller.principal_id


def _field(call: Call, value: Params | None) -> Any:
    """`requestParameters` or `responseElements`: null where there is nothing, or more than CloudTrail takes."""
    masked = _MASKED.get((call.service, call.action), frozenset())
    comma = "" if call.service == "organizations" else ","
    written = _written(value, masked, comma) or None
    return written if len(json.dumps(written, default=str)) <= _MAX_FIELD else None


def _written(value: Any, masked: frozenset[str], comma: str) -> Any:
    """As CloudTrail writes members: their first letter small, times as text, secrets left out, and blobs, which may be.

    https://docs.aws.amazon.com/kms/latest/developerguide/ct-encrypt.html
    """
    if isinstance(value, Mapping):
        return {
            name[:1].lower() + name[1:]: MASK if name in masked else _written(item, masked, comma)
            for name, item in value.items()
            if name not in _HIDDEN
        }
    if isinstance(value, list | tuple):
        return [_written(item, masked, comma) for item in value]
    if isinstance(value, bytes):
        return MASK
    return spoken(value, comma) if isinstance(value, datetime) else value
