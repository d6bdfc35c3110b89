"""CloudTrail's records of calls and of what AWS does itself, as EventBridge carries them. Pure but for ids and time.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rolecall.sandbox.wire import Call, Caller, Params
from rolecall.sandbox.world import World

API_CALL = "AWS API Call via CloudTrail"
SERVICE_EVENT = "AWS Service Event via CloudTrail"
_VERSION = "1.11"
_HIDDEN = frozenset({"SecretAccessKey", "SessionToken", "Credentials", "SecretString", "Password"})
"""Members that CloudTrail leaves out of what it records."""


def api_call(world: World, call: Call, answer: Params | None = None, *, error: str | None = None) -> dict[str, Any]:
    """The record of one API call, in the trail of the account that made it."""
    record = _record(world, call.service, call.action, call.region, call.caller.account_id, "AwsApiCall")
    record |= {
        "userIdentity": _identity(call.caller),
        "sourceIPAddress": "127.0.0.1",
        "requestParameters": _lowered(call.params) or None,
        "responseElements": _lowered(answer) or None if answer is not None else None,
        "requestID": world.new_uuid("request"),
    }
    return record | ({"errorCode": error} if error else {})


def service_event(world: World, service: str, name: str, account_id: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The record of something that AWS did, in us-east-1, where global services tell it."""
    record = _record(world, service, name, "us-east-1", account_id, "AwsServiceEvent")
    identity = {"accountId": account_id, "invokedBy": f"{service}.amazonaws.com"}
    return record | {"userIdentity": identity, "serviceEventDetails": dict(details)}


def _record(world: World, service: str, name: str, region: str, account_id: str, kind: str) -> dict[str, Any]:
    return {
        "eventVersion": _VERSION,
        "eventTime": f"{world.now():%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "eventID": world.new_uuid("record"),
        "readOnly": name.startswith(("Describe", "List", "Get", "Lookup", "Simulate")),
        "eventType": kind,
        "managementEvent": True,
        "recipientAccountId": account_id,
        "eventCategory": "Management",
    }


def _identity(caller: Caller) -> dict[str, Any]:
    known = {"principalId": caller.principal_id, "arn": caller.arn, "accountId": caller.account_id}
    if not caller.is_session:
        return {"type": "IAMUser", **known, "userName": caller.arn.rsplit("/", 1)[-1]}
    issuer = {"type": "Role", "principalId": caller.principal_id, "arn": caller.principal_arn}
    issuer |= {"accountId": caller.account_id, "userName": caller.principal_arn.rsplit("/", 1)[-1]}
    known["principalId"] = f"{caller.principal_id}:{caller.session_name}"
    return {"type": "AssumedRole", **known, "sessionContext": {"sessionIssuer": issuer}}


def _lowered(value: Any) -> Any:
    """As CloudTrail writes members: their first letter small, times as text, secrets left out."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _lowered(item) for key, item in value.items() if key not in _HIDDEN}
    if isinstance(value, list | tuple):
        return [_lowered(item) for item in value]
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
