"""What a template says of its roles and policies, as flat facts that can be compared one by one. Pure.

A fact has a name for people, such as `trust, statement Platform: principals`, and a set of values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rolecall.core.template.hiding import secrets_in
from rolecall.core.template.reading import read
from rolecall.core.template.resolving import as_text, listed, resolved

Fact = tuple[str, frozenset[str]]
Facts = dict[str, frozenset[str]]

EXTERNAL_ID = "external id"
"""In the name of each fact whose values are masked before anybody sees them."""

STATEMENT = ", statement "
"""In the name of each fact of a policy's statement, after the document and before the Sid."""

_ROLE_WORDS = {
    "RoleName": "role name",
    "Path": "role path",
    "Description": "role description",
    "MaxSessionDuration": "session length in seconds",
    "PermissionsBoundary": "permissions boundary",
    "ManagedPolicyArns": "attached policies",
}
_ELEMENTS = {
    "Action": "actions",
    "NotAction": "all but the actions",
    "Resource": "resources",
    "NotResource": "all but the resources",
    "Effect": "effect",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Every fact of a template, and the values in it that nobody is to see whole, wherever they stand."""

    facts: Facts
    secrets: frozenset[str] = field(repr=False)


def told_by(template: str, parameters: Mapping[str, str]) -> Told | None:
    """A template as these parameters fill it; None where the text is no template."""
    document = read(template)
    if document is None:
        return None
    values = {**defaults_in(document), **parameters}
    return Told(_Reader(values).facts(document), secrets_in(document, values))


def facts_of(template: str, parameters: Mapping[str, str]) -> Facts | None:
    told = told_by(template, parameters)
    return told.facts if told else None


def defaults_in(document: Mapping[str, Any]) -> dict[str, str]:
    """The values of a template's parameters where none are given."""
    declared = document.get("Parameters")
    return {
        name: str(told["Default"])
        for name, told in (declared.items() if isinstance(declared, Mapping) else ())
        if isinstance(told, Mapping) and "Default" in told
    }


@dataclass
class _Reader:
    values: Mapping[str, str]
    found: Facts = field(default_factory=dict)

    def facts(self, document: Mapping[str, Any]) -> Facts:
        for logical_id, resource in document["Resources"].items():
            for name, values in self._resource(logical_id, resource):
                self.found[name] = self.found.get(name, frozenset()) | values
        for part in ("Outputs", "Conditions", "Mappings", "Rules", "Transform"):
            if part in document:
                self.found[f"the template's {part}"] = frozenset([as_text(document[part])])
        return self.found

    def _resource(self, logical_id: str, resource: Mapping[str, Any]) -> Iterator[Fact]:
        kind, properties = resource["Type"], resource.get("Properties") or {}
        if kind == "AWS::IAM::Role":
            yield "roles", frozenset([logical_id])
            yield from self._role(properties)
        elif kind == "AWS::IAM::ManagedPolicy":
            yield from self._policy(logical_id, properties)
        else:
            yield f"resource {logical_id}", frozenset([as_text({"Type": kind, "Properties": properties})])
        rest = {key: value for key, value in resource.items() if key not in ("Type", "Properties")}
        if rest:
            yield f"attributes of {logical_id}", frozenset([as_text(rest)])

    def _role(self, properties: Mapping[str, Any]) -> Iterator[Fact]:
        for name, value in properties.items():
            if name == "AssumeRolePolicyDocument":
                yield from self._document("trust", value)
            elif name == "Policies":
                for inline in listed(value):
                    yield from self._inline(inline)
            elif name == "Tags":
                yield from self._tags("role", value)
            else:
                yield _ROLE_WORDS.get(name, f"role {name}"), frozenset(map(self._filled, listed(value)))

    def _inline(self, inline: Any) -> Iterator[Fact]:
        if isinstance(inline, Mapping) and isinstance(inline.get("PolicyName"), str):
            yield "inline policies", frozenset([inline["PolicyName"]])
            yield from self._document("permissions", inline.get("PolicyDocument"))
        else:
            yield "other inline policies", frozenset([as_text(inline)])

    def _policy(self, logical_id: str, properties: Mapping[str, Any]) -> Iterator[Fact]:
        yield "managed policies", frozenset([logical_id])
        for name, value in properties.items():
            if name == "PolicyDocument":
                yield from self._document("permissions", value)
            elif name == "Tags":
                yield from self._tags(f"policy {logical_id}", value)
            else:
                yield f"policy {logical_id}: {name}", frozenset(map(self._filled, listed(value)))

    def _tags(self, of: str, tags: Any) -> Iterator[Fact]:
        for tag in listed(tags):
            if isinstance(tag, Mapping) and "Key" in tag:
                yield f"{of} tag {tag['Key']}", frozenset([self._filled(tag.get("Value", ""))])
            else:
                yield f"{of} tags", frozenset([as_text(tag)])

    def _document(self, of: str, document: Any) -> Iterator[Fact]:
        if not isinstance(document, Mapping) or any(str(key).startswith("Fn::") for key in document):
            yield of, frozenset([as_text(document)])
            return
        for number, statement in enumerate(listed(document.get("Statement", [])), start=1):
            if isinstance(statement, Mapping):
                sid = self._filled(statement.get("Sid", str(number)))
                yield from self._statement(f"{of}{STATEMENT}{sid}", statement)
            else:
                yield of, frozenset([as_text(statement)])
        if "Version" in document:
            yield f"{of}: version", frozenset([str(document["Version"])])

    def _statement(self, of: str, statement: Mapping[str, Any]) -> Iterator[Fact]:
        for element, value in statement.items():
            if element in _ELEMENTS:
                yield f"{of}: {_ELEMENTS[element]}", frozenset(map(self._filled, listed(value)))
            elif element in ("Principal", "NotPrincipal"):
                named = value if isinstance(value, Mapping) else {"": value}
                told = [self._filled(item) for items in named.values() for item in listed(items)]
                yield f"{of}: {'principals' if element == 'Principal' else 'all but the principals'}", frozenset(told)
            elif element == "Condition" and isinstance(value, Mapping):
                yield from self._conditions(of, value)
            elif element != "Sid":
                yield f"{of}: {element}", frozenset([as_text(value)])

    def _conditions(self, of: str, conditions: Mapping[str, Any]) -> Iterator[Fact]:
        for operator, keys in conditions.items():
            if not isinstance(keys, Mapping) or any(str(key).startswith("Fn::") for key in keys):
                yield f"{of}: {operator}", frozenset([as_text(keys)])
                continue
            for key, value in keys.items():
                what = EXTERNAL_ID if str(key).lower() == "sts:externalid" else f"{key} {operator}"
                yield f"{of}: {what}", frozenset(map(self._filled, listed(value)))

    def _filled(self, value: Any) -> str:
        return resolved(value, self.values)
