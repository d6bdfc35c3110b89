"""The commented config file that `rolecall init` writes. Pure: answers in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rolecall.core.config import stack_set_name_for


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
    """The text of a `rolecall.yaml`. Values are written in double quotes, in which nothing has a meaning of its own."""
    return _HEAD.format(
        role_name=quoted(answers.role_name),
        principals=quoted_list(answers.trusted_principals),
        external_id=quoted(answers.external_id),
        units=quoted_list(answers.units),
        region=quoted(answers.region),
        stack_set_name=quoted(stack_set_name_for(answers.role_name)),
        assume_from=_assume_from(answers.assume_profile),
    ) + _platforms(answers)


def quoted_list(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(quoted, values)) + "]"


def quoted(value: str) -> str:
    """On one line. JSON's own writing will not do: YAML takes no raw DEL and joins no surrogates."""
    return '"' + "".join(map(_written, value)) + '"'


def _written(char: str) -> str:
    plain = char.isascii() and char.isprintable() and char not in '"\\'
    return char if plain else f"\\U{ord(char):08x}"


def _assume_from(profile: str | None) -> str:
    if profile:
        return f"  assume_from: {{profile: {quoted(profile)}}}"
    return "  # assume_from: {profile: platform}   # unset: the credentials that the command runs with"


def _platforms(answers: Answers) -> str:
    if answers.platform_url is None:
        return _NO_PLATFORM
    return _PLATFORM.format(
        name=quoted(answers.platform_name),
        url=quoted(answers.platform_url),
        key=quoted(answers.platform_key),
    )


_HEAD = """\
# One role in every account of the organization. Every key: docs/reference/config.md
version: 1

role:
  name: {role_name}            # the same in every account
  trusted_principals: {principals}   # the role that the platform runs as
  external_id: {external_id}   # give this to the platform; who does not present it is refused
  max_session_hours: 12
  # What the platform may do. Unset: all default groups; `rolecall permissions` lists them, `rolecall explain` says
  # in plain words what they come to.
  # permission_groups: [account-check, s3, ebs, ec2-triage]
  # scopes: {{s3: {{buckets: ["evidence-*"]}}, ec2-triage: {{tag: {{forensics: "yes"}}}}}}

targets:
  organizational_units: {units}   # ids, or paths such as /Workloads/Prod; / is the whole organization
  # include_accounts, exclude_accounts, account_tags choose among the accounts there; they need auto_deployment off
  management_account: true        # StackSets leave it out: it gets a stack of its own

deployment:
  region: {region}                # exactly one: IAM is global; not to be changed once deployed
  stack_set_name: {stack_set_name}   # keeps its name when the role is renamed
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
