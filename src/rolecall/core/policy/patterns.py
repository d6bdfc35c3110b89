"""The strings of a policy and how they match: wildcards, policy variables, actions and ARNs. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from rolecall.core.policy.request import Context

_TOKEN = re.compile(r"\$\{([*?$])\}|\$\{([^{},]+)(?:,\s*'([^']*)'\s*)?\}|([*?])")
_VARIABLE_OR_COLON = re.compile(r"(\$\{[^{}]*\}|:)")
_ARN_SEGMENTS = 6


class Kind(IntEnum):
    """What a part of a policy string stands for: itself, any characters, one character, or a value of the request."""

    LITERAL = 0
    MANY = 1
    ONE = 2
    VARIABLE = 3


class Part(NamedTuple):
    """A piece of a policy string. `text` is the characters meant, or the variable's key as the policy spells it."""

    kind: Kind
    text: str
    default: str | None = None


Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One string of a policy, taken apart. In a policy of version 2008-10-17 nothing is a variable.

    `varies` if its characters depend on the request; `keys` are the condition keys it needs and has no default for.
    """

    source: str
    parts: Parts
    variables: bool
    varies: bool
    keys: tuple[str, ...]

    @classmethod
    def parse(cls, source: str, *, variables: bool) -> Text:
        parts = tuple(_merged(_parts(source, variables)))
        keyed = [part for part in parts if part.kind is Kind.VARIABLE]
        keys = tuple(part.text for part in keyed if part.default is None)
        return cls(source, parts, variables, bool(keyed), keys)

    def equals(self, value: str, context: Context) -> bool:
        """Character for character: its wildcards stand for themselves."""
        return self.literal(context) == value

    def literal(self, context: Context) -> str | None:
        """Its characters with variables filled in, or None if a variable has no value and no default."""
        parts = self._resolved(context)
        return None if parts is None else "".join(part.text for part in parts)

    def like(self, value: str, context: Context) -> bool:
        """With its wildcards at work. A variable's value is literal, whatever characters it has."""
        parts = self._resolved(context)
        if parts is None:
            return False
        if len(parts) == 1 and parts[0].kind is not Kind.ONE:
            return parts[0].kind is Kind.MANY or parts[0].text == value
        return _regex(parts).fullmatch(value) is not None

    def _resolved(self, context: Context) -> Parts | None:
        if not self.varies:
            return self.parts
        resolved = [_resolve(part, context) for part in self.parts]
        filled = [part for part in resolved if part is not None]
        return tuple(filled) if len(filled) == len(resolved) else None


def _parts(source: str, variables: bool) -> Iterator[Part]:
    position = 0
    for match in _TOKEN.finditer(source):
        yield Part(Kind.LITERAL, source[position : match.start()])
        yield from _token(match, variables)
        position = match.end()
    yield Part(Kind.LITERAL, source[position:])


def _token(match: re.Match[str], variables: bool) -> Iterator[Part]:
    special, key, default, wildcard = match.groups()
    if wildcard:
        yield _wildcard(wildcard)
    elif not variables:
        yield from (_wildcard(char) if char in "*?" else Part(Kind.LITERAL, char) for char in match.group())
    elif special:
        yield Part(Kind.LITERAL, special)
    else:
        yield Part(Kind.VARIABLE, key.strip(), default)


def _wildcard(char: str) -> Part:
    return Part(Kind.MANY if char == "*" else Kind.ONE, char)


def _merged(parts: Iterable[Part]) -> Iterator[Part]:
    for literal, run in groupby(parts, key=lambda part: part.kind is Kind.LITERAL):
        if not literal:
            yield from run
        elif text := "".join(part.text for part in run):
            yield Part(Kind.LITERAL, text)


def _resolve(part: Part, context: Context) -> Part | None:
    if part.kind is not Kind.VARIABLE:
        return part
    value = context.single(part.text.lower())
    value = part.default if value is None else value
    return None if value is None else Part(Kind.LITERAL, value)


@lru_cache(maxsize=16384)
def _regex(parts: Parts) -> re.Pattern[str]:
    """Atomic groups commit to the first place a piece fits, so that many wildcards never cost exponential time."""
    pieces = [""]
    for part in parts:
        if part.kind is Kind.MANY:
            pieces.append("")
        else:
            pieces[-1] += "." if part.kind is Kind.ONE else re.escape(part.text)
    first, *rest = pieces
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ActionNames:
    """The actions of a statement, matched in any case. `exact` are lower-case names, `wild` those with wildcards."""

    names: tuple[str, ...]
    exact: frozenset[str]
    wild: tuple[re.Pattern[str], ...]

    @classmethod
    def parse(cls, names: Iterable[str]) -> ActionNames:
        written = tuple(names)
        texts = [Text.parse(name.lower(), variables=False) for name in written]
        wild = tuple(_regex(text.parts) for text in texts if any(part.kind is not Kind.LITERAL for part in text.parts))
        return cls(written, frozenset(text.source for text in texts), wild)

    def match(self, action: str) -> bool:
        """`action` is lower-case."""
        return action in self.exact or any(pattern.fullmatch(action) for pattern in self.wild)


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """An ARN with wildcards, cut into at most six parts at its colons; `*` alone is one part.

    A wildcard stays within its part, except in the last, where it reaches over colons; in a Resource element a `*`
    that ends a part does so too (`reaching`). `keys` are the condition keys it needs and has no default for.
    """

    segments: tuple[Text, ...]
    keys: tuple[str, ...]
    reaching: bool = False

    @classmethod
    def parse(cls, source: str, *, variables: bool, of_resource: bool = False) -> ArnPattern:
        """In a Resource element, variables work only in the last part, the one that names the resource itself, and an
        ARN of fewer parts stands for one that goes on with any."""
        texts = _split_around_variables(source) if variables else source.split(":", _ARN_SEGMENTS - 1)
        first = len(texts) - 1 if of_resource else 0
        segments = tuple(Text.parse(text, variables=variables and at >= first) for at, text in enumerate(texts))
        short = source != "*" and len(texts) < _ARN_SEGMENTS
        reaching = of_resource and (short or any(text.endswith("*") for text in texts[:-1]))
        return cls(segments, tuple(key for segment in segments for key in segment.keys), reaching)

    @property
    def whole(self) -> bool:
        """All six parts of an ARN are given."""
        return len(self.segments) == _ARN_SEGMENTS

    def matches(self, arn: str, context: Context) -> bool:
        values = arn.split(":", len(self.segments) - 1)
        whole = len(values) == len(self.segments)
        if whole and all(part.like(value, context) for part, value in zip(self.segments, values, strict=True)):
            return True
        return self.reaching and self._reaches(self.segments, arn.split(":"), context)

    def _reaches(self, segments: Sequence[Text], pieces: Sequence[str], context: Context) -> bool:
        """Whether the ARN can be cut so that each part fits: a part that ends in `*` may take any number of pieces."""
        first, *rest = segments
        for length in range(1, len(pieces) + 1):
            taken, left = ":".join(pieces[:length]), pieces[length:]
            if not first.like(taken, context):
                fits = False
            elif rest:
                fits = bool(left) and self._reaches(rest, left, context)
            else:
                fits = not left or not self.whole
            if fits:
                return True
            if rest and not first.source.endswith("*"):
                return False
        return False


def _split_around_variables(source: str) -> list[str]:
    """At the first five colons, those inside `${…}` left alone."""
    segments = [""]
    for piece in _VARIABLE_OR_COLON.split(source):
        if piece == ":" and len(segments) < _ARN_SEGMENTS:
            segments.append("")
        else:
            segments[-1] += piece
    return segments


@lru_cache(maxsize=16384)
def arn_pattern(source: str, *, variables: bool, of_resource: bool = False) -> ArnPattern:
    """As ArnPattern.parse, remembered: the same few patterns stand in the policies of every account."""
    return ArnPattern.parse(source, variables=variables, of_resource=of_resource)
