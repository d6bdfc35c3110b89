"""The commented config file that `rolecall init` writes. Pure: answers in, text out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answers:
    """What `init` has to know. `platform_url` None: no platform is configured."""

    role_name: str
    trusted_principals: Sequence[str]
    external_id: str
    units: Sequence[str]
    region: str
    assume_profile: str | None
    platform_name: str
    platform_url: str | None
    platform_key: str


def render(answers: Answers) -> str:
    """The text of a `rolecall.yaml`. Values are written as JSON strings, which YAML reads the same."""
    return _HEAD.format(
        role_name=json.dumps(answers.role_name),
        principals=_list(answers.trusted_principals),
        external_id=json.dumps(answers.external_id),
        units=_list(answers.units),
        region=json.dumps(answers.region),
        assume_from=_assume_from(answers.assume_profile),
    ) + _platforms(answers)


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(json.dumps, values)) + "]"


def _assume_from(profile: str | None) -> str:
    if profile:
        return f"  assume_from: {{profile: {json.dumps(profile)}}}"
    return "  # assume_from: {profile: platform}   # unset: the credentials that the command runs with"


def _platforms(answers: Answers) -> str:
    if answers.platform_url is None:
        return _NO_PLATFORM
    return _PLATFORM.format(
        name=json.dumps(answers.platform_name),
        url=json.dumps(answers.platform_url),
        key=json.dumps(answers.platform_key),
    )


_HEAD = """\
# One role in every account of the organization. Every key: docs/reference/config.md
version: 1

role:
  name: {role_name}            # the same in every account
  trusted_principals: {principals}   # the role that the platform runs as
  external_id: {external_id}   # give this to the platform; who does not present it is refused
  max_session_hours: 12
  # What the platform may do. Unset: all default groups (docs/reference/permission-groups.md).
  # permission_groups: [account-check, s3, ebs, ec2-triage]

targets:
  organizational_units: {units}   # ids, or paths such as /Workloads/Prod; / is the whole organization
  management_account: true        # StackSets leave it out: it gets a stack of its own

deployment:
  region: {region}                # exactly one: IAM is global
  auto_deployment: {{enabled: true, retain_on_removal: false}}
  failure_tolerance_percent: 10
  max_concurrent_percent: 100

check:
  # Who the platform is: the roll is called with these credentials.
{assume_from}
"""

_NO_PLATFORM = """
# platforms:
#   - name: forensics
#     url: https://platform.example.com
#     api_key: env:ROLECALL_PLATFORM_KEY   # or file:/path, or secretsmanager:<arn>; never the key itself
"""

_PLATFORM = """
platforms:
  - name: {name}
    url: {url}
    api_key: {key}   # where the key is, never the key itself
    account_name: "{{name}} ({{id}})"
"""
