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

    `varies` if its characters depend on the request; `open_ended` if a `*` ends it; `keys` are the condition keys it
    needs and has no default for.
    """

    source: str
    parts: Parts
    variables: bool
    varies: bool
    open_ended: bool
    keys: tuple[str, ...]

    @classmethod
    def parse(cls, source: str, *, variables: bool) -> Text:
        parts = tuple(_merged(_parts(source, variables)))
        keyed = [part for part in parts if part.kind is Kind.VARIABLE]
        keys = tuple(part.text for part in keyed if part.default is None)
        open_ended = bool(parts) and parts[-1].kind is Kind.MANY
        return cls(source, parts, variables, bool(keyed), open_ended, keys)

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
        return _fits(parts, value, varies=self.varies)

    def like_arn(self, value: str, context: Context) -> bool:
        """As ARN operators compare: each of the six parts by itself, cut after the variables are filled in.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        """
        segments, values = _cut(self._resolved(context) or ()), value.split(":", _ARN_SEGMENTS - 1)
        if not len(segments) == len(values) == _ARN_SEGMENTS:
            return False
        return all(_fits(parts, text, varies=self.varies) for parts, text in zip(segments, values, strict=True))

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


def _cut(parts: Parts) -> tuple[Parts, ...]:
    """At the first five colons, those of filled-in variables too."""
    segments: list[list[Part]] = [[]]
    for part in parts:
        literal = part.kind is Kind.LITERAL
        for at, text in enumerate(part.text.split(":", _ARN_SEGMENTS - len(segments)) if literal else [part.text]):
            if at:
                segments.append([])
            segments[-1].append(part._replace(text=text))
    return tuple(tuple(segment) for segment in segments)


def _fits(parts: Parts, value: str, *, varies: bool) -> bool:
    if len(parts) == 1 and parts[0].kind is not Kind.ONE:
        return parts[0].kind is Kind.MANY or parts[0].text == value
    # A pattern that holds values of the request is as good as never seen again.
    pattern = _compiled(parts) if varies else _regex(parts)
    return pattern.fullmatch(value) is not None


@lru_cache(maxsize=16384)
def _regex(parts: Parts) -> re.Pattern[str]:
    return _compiled(parts)


def _compiled(parts: Parts) -> re.Pattern[str]:
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
        exact = frozenset(text.source for text in texts if all(part.kind is Kind.LITERAL for part in text.parts))
        return cls(written, exact, wild)

    def match(self, action: str) -> bool:
        """`action` is lower-case."""
        return action in self.exact or any(pattern.fullmatch(action) for pattern in self.wild)


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """An ARN of a Resource element, cut into at most six parts at its colons; `*` alone is one part.

    A wildcard stays within its part, except in the sixth, where it reaches over colons, and except a `*` that ends
    its part, which "can expand to match beyond the colon boundaries": `crossing` if one does before the last part.
    `keys` are the condition keys it needs and has no default for.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """

    segments: tuple[Text, ...]
    keys: tuple[str, ...]
    crossing: bool

    @classmethod
    def parse(cls, source: str, *, variables: bool) -> ArnPattern:
        """Variables work only in the last part, the one that names the resource itself."""
        texts = _split_around_variables(source) if variables else source.split(":", _ARN_SEGMENTS - 1)
        last = len(texts) - 1
        segments = tuple(Text.parse(text, variables=variables and at == last) for at, text in enumerate(texts))
        return cls(segments, segments[last].keys, any(segment.open_ended for segment in segments[:last]))

    @property
    def incomplete(self) -> bool:
        """Fewer than six parts, and no `*` that could stand for those that lack."""
        return len(self.segments) < _ARN_SEGMENTS and not (self.crossing or self.segments[-1].open_ended)

    def matches(self, arn: str, context: Context) -> bool:
        values = arn.split(":", _ARN_SEGMENTS - 1)
        if self._reaches(len(values)) and all(
            segment.like(value, context) for segment, value in zip(self.segments, values, strict=False)
        ):
            return True
        # Only where the ARN has pieces to spare can a part take more than its own.
        return self.crossing and arn.count(":") >= len(self.segments) and self._matches_across(arn.split(":"), context)

    def _reaches(self, there: int) -> bool:
        """Its parts cover that many, one by one.

        An incomplete ARN has `*` for every part that it lacks: `arn:aws:sqs` is `arn:aws:sqs:*:*:*`.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
        """
        given = len(self.segments)
        return given == there or (given < there and (there == _ARN_SEGMENTS or self.segments[-1].open_ended))

    def _matches_across(self, pieces: Sequence[str], context: Context) -> bool:
        """Each part but the last takes one piece, or any number more if a `*` ends it."""
        places: Sequence[int] = (0,)
        for segment in self.segments[:-1]:
            after = [at + 1 for at in places if at < len(pieces) and segment.like(pieces[at], context)]
            places = range(after[0], len(pieces)) if after and segment.open_ended else after
        return any(self._ends(pieces, at, context) for at in places if at < len(pieces))

    def _ends(self, pieces: Sequence[str], at: int, context: Context) -> bool:
        """The last part matches all that is left of the ARN."""
        last = self.segments[-1]
        if at >= _ARN_SEGMENTS - 1 or at == len(pieces) - 1:
            return last.like(":".join(pieces[at:]), context)
        return last.open_ended and last.like(pieces[at], context)


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
def arn_pattern(source: str, *, variables: bool) -> ArnPattern:
    """As ArnPattern.parse, remembered: the same few patterns stand in the policies of every account."""
    return ArnPattern.parse(source, variables=variables)
