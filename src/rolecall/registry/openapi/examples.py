"""One example of every call: what is sent, and what is answered where all is well. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """`answer` is the whole body, or the text of a file; `request` is None where nothing is sent."""

    answer: Any
    request: Mapping[str, Any] | None = None


_DONE = {"status": "success"}
_ROLE = "arn:aws:iam::111122223333:role/CadoResponseRole"
_ACCOUNT = {
    "id": 12,
    "account_name": "Prod (111122223333)",
    "type": "aws",
    "public_identifier": _ROLE,
    "account_last_used": "2026-03-01T12:00:00+00:00",
}
_ISSUE = {
    "service": "s3",
    "issue": "s3:GetObject is denied",
    "issue_type": "missing_permission",
    "mend": "Deploy the role again: `rolecall apply`.",
}
_SUBTASK = {"name": "Check Prod (111122223333)", "state": "SUCCESS"}
_PIPELINE = {
    "pipeline": {"id": 7, "type": "healthcheck"},
    "name": "Account check of Prod (111122223333)",
    "status": "complete",
    "aborted": False,
    "terminated": True,
    "can_be_terminated": False,
    "created": 1772366400000,
    "start_time": 1772366400120,
    "kick_off": [],
    "summary": {"total": 1, "success": 1, "failure": 0, "pending": 0, "cancelled": 0, "running": 0},
    "user": {"id": 1, "name": "first key"},
    "subtasks": [_SUBTASK],
}
_WHOLE_SUBTASK = {
    **_SUBTASK,
    "name_key": "check",
    "notification_level": "info",
    "progress_text": ["Assumed the role"],
    "start_time": 1772366400120,
    "finish_time": 1772366401620,
    "execution_duration": 1.5,
    "total_stages": 1,
}
_KEY = {
    "id": 3,
    "user_id": 3,
    "public_key": "0f1e2d3c4b5a6978",
    "key_name": "night shift",
    "key_role": "Analyst",
    "last_used_timestamp": 1772366400000,
}
_LINE = {
    "id": 41,
    "timestamp": 1772366400000,
    "user": "first key",
    "public_key": "8796a5b4c3d2e1f0",
    "event": "account_added",
    "subject": "Prod (111122223333)",
    "verb": "POST",
    "route": "/api/v3/accounts",
    "response_status": 201,
    "source": "192.0.2.10",
    "duration": 310.4,
}
_CSV = (
    "id,timestamp,user,public_key,event,subject,verb,route,response_status,source,duration\r\n"
    "41,1772366400000,first key,8796a5b4c3d2e1f0,account_added,Prod (111122223333),POST,/api/v3/accounts,201,"
    "192.0.2.10,310.4\r\n"
)


def _told(data: object) -> dict[str, object]:
    return {"status": "success", "data": data}


def _page(entry: object) -> dict[str, object]:
    pagination = {"type": "page", "total_records": 1, "current_page": 1, "total_pages": 1, "per_page": 10}
    return {**_told([entry]), "pagination": pagination}


EXAMPLES: Mapping[tuple[str, str], Example] = {
    ("get", "/api/v3/accounts"): Example(_page({**_ACCOUNT, "account_check_id": 7})),
    ("post", "/api/v3/accounts"): Example(
        _told({"account_name": "Prod (111122223333)"}),
        {"account_name": "Prod (111122223333)", "account_type": "aws", "credential_data": {"role": _ROLE}},
    ),
    ("get", "/api/v3/accounts/{account_name}"): Example(_told({**_ACCOUNT, "account_issues": [_ISSUE]})),
    ("delete", "/api/v3/accounts/{account_name}"): Example(_DONE),
    ("post", "/api/v3/accounts/check"): Example(_told({"pipeline_id": 7}), {"account_name": "Prod (111122223333)"}),
    ("post", "/api/v3/accounts/discovery/aws"): Example(
        _told({"pipeline_id": 8}),
        {"organization_account_name": "Management (999988887777)", "iam_role_name": "CadoResponseRole"},
    ),
    ("get", "/api/v3/pipelines"): Example(_page(_PIPELINE)),
    ("get", "/api/v3/pipelines/{pipeline_id}"): Example(_told({**_PIPELINE, "subtasks": [_WHOLE_SUBTASK]})),
    ("patch", "/api/v3/pipelines/{pipeline_id}"): Example(
        _told(
            {
                **_PIPELINE,
                "status": "cancelled",
                "aborted": True,
                "start_time": None,
                "summary": {"total": 1, "success": 0, "failure": 0, "pending": 0, "cancelled": 1, "running": 0},
                "subtasks": [{**_WHOLE_SUBTASK, "state": "CANCELLED", "notification_level": "warning"}],
            }
        ),
        {"aborted": True},
    ),
    ("post", "/api/v3/pipelines/{pipeline_id}/rerun"): Example(_told({"pipeline_id": 9})),
    ("get", "/api/v3/auth/whoami"): Example(
        _told(
            {
                "id": 3,
                "username": "night shift",
                "display_name": "night shift",
                "changed_password": True,
                "eula_agreed": True,
                "permissions": {
                    "view_accounts": True,
                    "manage_accounts": False,
                    "view_pipelines": True,
                    "manage_pipelines": False,
                    "manage_keys": False,
                    "view_audit_log": False,
                    "view_system_status": False,
                },
                "rbac_role": "Analyst",
            }
        )
    ),
    ("get", "/api/v3/auth/keys"): Example(_page(_KEY)),
    ("post", "/api/v3/auth/keys"): Example(
        _told({**_KEY, "last_used_timestamp": None, "secret_key": "0f1e2d3c4b5a6978.(43 characters, shown once)"}),
        {"key_role": "Analyst", "key_name": "night shift"},
    ),
    ("delete", "/api/v3/auth/keys"): Example(_DONE, {"public_key": "0f1e2d3c4b5a6978"}),
    ("delete", "/api/v3/auth/keys/{public_key}"): Example(_DONE),
    ("get", "/api/v3/audit-log"): Example(_page(_LINE)),
    ("get", "/api/v3/audit-log/export"): Example(_CSV),
    ("get", "/api/v3/system/status"): Example(
        _told(
            {
                "healthy": True,
                "version": "0.1.0",
                "database": "postgresql",
                "accounts": 1042,
                "pipelines_open": 2,
                "workers": 1,
                "workers_busy": 1,
            }
        )
    ),
    ("get", "/healthz"): Example(_told({"healthy": True})),
}

ERRORS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("pipelines", "400"): ("bad_request", "There was an error parsing the body."),
    ("pipelines", "404"): ("pipeline_not_found", "There is no pipeline 7."),
    ("pipelines", "409"): ("pipeline_ended", "Pipeline 7 has ended: complete."),
    ("auth", "400"): ("bad_request", "There was an error parsing the body."),
    ("auth", "404"): ("key_not_found", "There is no key with this public key."),
    ("auth", "409"): (
        "last_administrator_key",
        "This is the last key that may make keys. Make another one first.",
    ),
}
"""Code and message by tag and status, where they are not those of accounts."""
