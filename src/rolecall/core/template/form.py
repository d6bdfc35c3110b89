"""A template as text, and the small forms that all templates are made of. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from rolecall.core.permission_groups import Statement

CAPABILITIES = ("CAPABILITY_NAMED_IAM",)
MAX_BODY_BYTES = 51_200
"""Of a template in a call; a larger one, up to 1 MiB, is read from S3."""
POLICY_VERSION = "2012-10-17"

_OURS = ("AWS::Partition", "AWS::AccountId", "RoleName")
_NUMBER_ELSEWHERE = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+|0x[0-9a-fA-F]+")
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def render(document: Mapping[str, Any], form: str = "yaml") -> str:
    """The template as YAML or JSON: the same value gives the same bytes."""
    if form == "json":
        return json.dumps(document, indent=2) + "\n"
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


def policy(statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def statement(of: Statement) -> dict[str, Any]:
    """A group's statement as IAM's, with CloudFormation's functions where it holds placeholders."""
    rendered: dict[str, Any] = {
        "Sid": of.sid,
        "Effect": "Allow",
        "Action": sorted(of.actions),
        "Resource": one_or_list([substituted(resource) for resource in of.resources]),
    }
    if of.conditions:
        rendered["Condition"] = {
            operator: {key: _values(value) for key, value in keys.items()} for operator, keys in of.conditions.items()
        }
    return rendered


def substituted(text: str) -> Any:
    """Fn::Sub where the text holds one of our placeholders; IAM's own policy variables stay as they are."""
    if not any(name in _OURS for name in _PLACEHOLDER.findall(text)):
        return text
    return {"Fn::Sub": _PLACEHOLDER.sub(lambda found: found[0] if found[1] in _OURS else f"${{!{found[1]}}}", text)}


def tags(of: Mapping[str, str]) -> dict[str, Any]:
    """The property `Tags`, where there are any."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(of.items())]} if of else {}


def one_or_list(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _values(value: str | tuple[str, ...]) -> Any:
    return substituted(value) if isinstance(value, str) else one_or_list([substituted(item) for item in value])


class _Dumper(yaml.SafeDumper):
    """Without anchors: a value that stands twice is written twice, as CloudFormation's own tools read it.

    What YAML 1.2 reads as a number and PyYAML, of 1.1, does not is quoted too: `12e4` may be somebody's external id.
    """

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's form
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="'" if _NUMBER_ELSEWHERE.fullmatch(text) else None
    )


_Dumper.add_representer(str, _text)
