"""A policy document as a checked value. Pure: parsing is separate from evaluating, and remembers what it has parsed.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and, for what each type of
policy may hold, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from typing import Any, NoReturn

from rolecall.core.policy.conditions import Condition
from rolecall.core.policy.patterns import ActionNames, ArnPattern, arn_pattern
from rolecall.core.policy.principals import Principals

_VERSIONS = ("2012-10-17", "2008-10-17")
_POLICY_KEYS = ("Version", "Id", "Statement")
_STATEMENT_KEYS = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_MAX_DIGITS = 400
_MAX_BITS = 4 * _MAX_DIGITS  # more is more than that many digits, and slow to write out
_SID = re.compile(r"[0-9A-Za-z]*")
_ACTION = re.compile(r"\*|\*:\*|[A-Za-z0-9.-]+:[A-Za-z0-9*?_-]+")

# "AssumeRole policy may only specify STS AssumeRole actions", says IAM of any other
_TRUST_ACTIONS = (
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
)


class MalformedPolicy(ValueError):
    """A document is not a policy of its type. The message says whose policy, where in it, and what is wrong."""


class Effect(StrEnum):
    """What a statement does to the requests that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a type of policy may hold. `resource`: "required", "forbidden" or "optional"."""

    principal: bool
    resource: str = "required"
    plain_sid: bool = True


_RULES: Mapping[str, Rules] = {
    "identity": Rules(principal=False),
    "boundary": Rules(principal=False),
    "session": Rules(principal=False),
    "scp": Rules(principal=False),
    "rcp": Rules(principal=True),
    "trust": Rules(principal=True, resource="forbidden"),
    "resource": Rules(principal=True, resource="optional", plain_sid=False),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `index` counts from 0. Without `resources` it is on whatever the policy is attached to."""

    index: int
    sid: str | None
    effect: Effect
    actions: ActionNames
    resources: tuple[ArnPattern, ...] | None
    principals: Principals | None
    conditions: tuple[Condition, ...]
    excludes_actions: bool = False
    excludes_resources: bool = False

    def __str__(self) -> str:
        return f"statement {self.index} ({self.sid})" if self.sid else f"statement {self.index}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed, checked document. `source` is its name for people.

    `type` is "identity", "trust", "boundary", "session", "scp", "rcp" or "resource".
    """

    source: str
    type: str
    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, document: str | Mapping[str, Any], *, source: str, type: str = "identity") -> Policy:
        """A policy from its JSON text or the object that the text stands for. Raises MalformedPolicy."""
        if type not in _RULES:
            raise ValueError(f"{type!r} is no type of policy: {', '.join(_RULES)}")
        try:
            statements = _parse_text(document, type) if isinstance(document, str) else _parse_object(document, type)
        except MalformedPolicy as error:
            raise MalformedPolicy(f"{source}: {error}") from None
        return cls(source, type, statements)


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of a JSON text, as it is written there."""

    text: str


@lru_cache(maxsize=2048)
def _parse_text(document: str, type: str) -> tuple[Statement, ...]:
    try:
        parsed = json.loads(
            document, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_Number, parse_float=_Number
        )
    except MalformedPolicy:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedPolicy(f"not JSON: {error}") from error
    return _parse_object(parsed, type)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise MalformedPolicy(f"{key!r} is there twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise MalformedPolicy(f"not JSON: {name}")


def _parse_object(document: object, type: str) -> tuple[Statement, ...]:
    policy = _object(document, "the policy", _POLICY_KEYS)
    version = policy.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise MalformedPolicy(f"Version: must be {' or '.join(_VERSIONS)}")
    if not isinstance(policy.get("Id", ""), str):
        raise MalformedPolicy("Id: must be a string")
    if not policy.get("Statement"):
        raise MalformedPolicy("Statement: missing or empty")
    written = policy["Statement"]
    statements = written if isinstance(written, list | tuple) else [written]
    reader = _Reader(_RULES[type], type, variables=version == "2012-10-17")
    parsed = tuple(reader.statement(statement, index) for index, statement in enumerate(statements))
    _check_sids(parsed)
    return parsed


def _check_sids(statements: Iterable[Statement]) -> None:
    seen: dict[str, int] = {}
    for statement in statements:
        if not statement.sid:
            continue
        other = seen.setdefault(statement.sid, statement.index)
        if other != statement.index:
            where = f"Statement[{statement.index}].Sid"
            raise MalformedPolicy(f"{where}: {statement.sid!r} is that of Statement[{other}] already")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the statements of one document. Every method raises MalformedPolicy with the place as its beginning."""

    rules: Rules
    type: str
    variables: bool

    def statement(self, written: object, index: int) -> Statement:
        where = f"Statement[{index}]"
        block = _object(written, where, _STATEMENT_KEYS)
        action_element = _one_of(block, "Action", "NotAction", where, required=True)
        resource_element = _one_of(block, "Resource", "NotResource", where, required=self.rules.resource == "required")
        return Statement(
            index=index,
            sid=self._sid(block, where),
            effect=_effect(block, where),
            actions=self._actions(block, str(action_element), where),
            resources=self._resources(block, resource_element, where),
            principals=self._principals(block, where),
            conditions=tuple(self._conditions(block.get("Condition", {}), f"{where}.Condition")),
            excludes_actions=action_element == "NotAction",
            excludes_resources=resource_element == "NotResource",
        )

    def _sid(self, block: Mapping[str, Any], where: str) -> str | None:
        sid = block.get("Sid")
        if sid is None and "Sid" not in block:
            return None
        if not isinstance(sid, str):
            raise MalformedPolicy(f"{where}.Sid: must be a string")
        if self.rules.plain_sid and not _SID.fullmatch(sid):
            raise MalformedPolicy(f"{where}.Sid: {sid!r} must be alphanumeric")
        return sid or None

    def _actions(self, block: Mapping[str, Any], element: str, where: str) -> ActionNames:
        place = f"{where}.{element}"
        names = _some_strings(block[element], place)
        for name in names:
            if not _ACTION.fullmatch(name):
                raise MalformedPolicy(f"{place}: {name!r} is not an action (service:Action)")
        if self.type == "trust" and (element == "NotAction" or not all(_assumes(name) for name in names)):
            raise MalformedPolicy(f"{place}: a trust policy may only name actions of sts that assume a role")
        if self.type == "rcp" and element == "NotAction":
            # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
            raise MalformedPolicy(f"{place}: NotAction is not supported in a resource control policy")
        return ActionNames.parse(names)

    def _resources(self, block: Mapping[str, Any], element: str | None, where: str) -> tuple[ArnPattern, ...] | None:
        if element is None:
            return None
        place = f"{where}.{element}"
        if self.rules.resource == "forbidden":
            raise MalformedPolicy(f"{place}: a {self.type} policy has no {element}")
        names = _some_strings(block[element], place)
        for name in names:
            if name != "*" and not name.startswith("arn:"):
                raise MalformedPolicy(f"{place}: {name!r} is neither an ARN nor *")
        patterns = tuple(arn_pattern(name, variables=self.variables) for name in names)
        for name, pattern in zip(names, patterns, strict=True):
            if self.type == "session" and pattern.incomplete:
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
                raise MalformedPolicy(f"{place}: {name!r} is not a whole ARN, as a session policy needs")
        return patterns

    def _principals(self, block: Mapping[str, Any], where: str) -> Principals | None:
        element = _one_of(block, "Principal", "NotPrincipal", where, required=self.rules.principal)
        if element is None:
            return None
        place = f"{where}.{element}"
        if not self.rules.principal:
            raise MalformedPolicy(f"{place}: a policy of type {self.type} has no {element}")
        if element == "NotPrincipal" and self.type == "trust":
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
            raise MalformedPolicy(f"{place}: a trust policy has no NotPrincipal")
        if element == "NotPrincipal" and block.get("Effect") != Effect.DENY:
            raise MalformedPolicy(f"{place}: only with Effect Deny")
        principals = _principals(block[element], place, excluded=element == "NotPrincipal")
        if self.type == "rcp" and (principals.excluded or not principals.everyone):
            raise MalformedPolicy(f"{place}: a resource control policy has Principal * only")
        return principals

    def _conditions(self, written: object, where: str) -> Iterator[Condition]:
        for name, keys in _object(written, where).items():
            for key, values in _object(keys, f"{where}.{name}").items():
                place = f"{where}.{name}.{key}"
                texts = _strings(values, place, scalar=_condition_value)
                try:
                    yield Condition.parse(name, key, texts, variables=self.variables)
                except ValueError as error:
                    raise MalformedPolicy(f"{place}: {error}") from None


def _assumes(name: str) -> bool:
    """An action that is for trust policies, or a pattern of such."""
    names = ActionNames.parse([name])
    return name.lower().startswith("sts:") and any(names.match(action) for action in _TRUST_ACTIONS)


def _principals(written: object, where: str, *, excluded: bool) -> Principals:
    block = {"AWS": "*"} if written == "*" else _object(written, where)
    names = {kind: _strings(value, f"{where}.{kind}") for kind, value in block.items()}
    if not any(names.values()):
        raise MalformedPolicy(f"{where}: names nobody")
    try:
        return Principals.parse(names, excluded=excluded)
    except ValueError as error:
        raise MalformedPolicy(f"{where}: {error}") from None


def _effect(block: Mapping[str, Any], where: str) -> Effect:
    written = block.get("Effect")
    for effect in Effect:
        if effect == written:
            return effect
    raise MalformedPolicy(f"{where}.Effect: must be Allow or Deny")


def _object(value: object, where: str, allowed: tuple[str, ...] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedPolicy(f"{where}: must be an object")
    for key in value:
        if not isinstance(key, str) or (allowed is not None and key not in allowed):
            raise MalformedPolicy(f"{where}: unknown element {key!r}")
    return value


def _one_of(block: Mapping[str, Any], element: str, negated: str, where: str, *, required: bool) -> str | None:
    present = [name for name in (element, negated) if name in block]
    if len(present) == 2:
        raise MalformedPolicy(f"{where}: has both {element} and {negated}")
    if required and not present:
        raise MalformedPolicy(f"{where}: has neither {element} nor {negated}")
    return present[0] if present else None


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise MalformedPolicy(f"{where}: must be a string or a list of strings")
    return value


def _condition_value(value: object, where: str) -> str:
    """Quotation marks are optional for numbers and truth values."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | _Number):
        return _number(value, where)
    return _string(value, where)


def _number(value: float | _Number, where: str) -> str:
    """As it is written. What no program writes as a number is none."""
    if isinstance(value, float) and not isfinite(value):
        raise MalformedPolicy(f"{where}: {value} is not a number")
    huge = isinstance(value, int) and value.bit_length() > _MAX_BITS
    text = "" if huge else value.text if isinstance(value, _Number) else str(value)
    if huge or len(text) > _MAX_DIGITS:
        raise MalformedPolicy(f"{where}: a number of more than {_MAX_DIGITS} digits")
    return text


def _strings(value: object, where: str, *, scalar: Callable[[object, str], str] = _string) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(scalar(entry, where) for entry in values)


def _some_strings(value: object, where: str) -> tuple[str, ...]:
    strings = _strings(value, where)
    if not strings:
        raise MalformedPolicy(f"{where}: must not be empty")
    return strings
