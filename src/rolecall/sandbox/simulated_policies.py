"""The policies of one simulation: which there are, how an answer names them, and where in them a statement is. Pure.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Statement.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rolecall.core.policy import MalformedPolicy, MatchedStatement, Policy
from rolecall.sandbox.stored import StoredPolicy
from rolecall.sandbox.wire import Params, WireError
from rolecall.sandbox.world import parse_policy

INLINE, AWS_MANAGED, USER_MANAGED = "inline", "aws-managed", "user-managed"
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Source:
    """A policy as an answer names it: `SourcePolicyId` and `SourcePolicyType`."""

    id: str
    type: str
    document: str


@dataclass(slots=True)
class Sources:
    """Every policy, under a name that no two share: a user's and its group's may have the same."""

    _sources: dict[str, Source] = field(default_factory=dict)

    def stored(self, policies: Iterable[StoredPolicy], holder: str, kind: str = "identity") -> tuple[Policy, ...]:
        """Those of a `role`, `user` or `group`."""
        return tuple(self._add(_source(policy, holder), kind) for policy in policies)

    def given(self, params: Params, name: str, kind: str) -> tuple[Policy, ...]:
        """Those that came with the call, which AWS calls `PolicyInputList.1` and so on.

        Raises WireError `InvalidInput`.
        """
        found = enumerate(params.get(name, ()), start=1)
        return tuple(self._add(Source(f"{name}.{index}", "none", document), kind) for index, document in found)

    def resource_policy(self, params: Params) -> Policy | None:
        document = params.get("ResourcePolicy")
        return None if document is None else self._add(Source("ResourcePolicy", "resource", document), "resource")

    def told(self, matched: Iterable[MatchedStatement]) -> list[dict[str, Any]]:
        """`MatchedStatements`, each once. Those of an organization's policies are never told."""
        known = ((self._sources[match.source], match.index) for match in matched if match.source in self._sources)
        return [_told(source, index) for source, index in dict.fromkeys(known)]

    def _add(self, source: Source, kind: str) -> Policy:
        name = f"{len(self._sources)} {source.id}"
        self._sources[name] = source
        try:
            return parse_policy(source.document, name, kind)
        except MalformedPolicy as error:
            raise WireError("InvalidInput", f"Invalid policy in {source.id}: {error}") from error


def kind_of(policy: StoredPolicy) -> str:
    """As PolicyExclusionList has it."""
    if policy.arn is None:
        return INLINE
    return AWS_MANAGED if ":iam::aws:" in policy.arn else USER_MANAGED


def _source(policy: StoredPolicy, holder: str) -> Source:
    """A group's is told as the group's, whoever has it by the group."""
    kind = kind_of(policy)
    owner = "group" if policy.group is not None else holder
    return Source(policy.name, owner if kind == INLINE or owner == "group" else kind, policy.document)


def _told(source: Source, index: int) -> dict[str, Any]:
    start, end = _spans(source.document)[index]
    return {
        "SourcePolicyId": source.id,
        "SourcePolicyType": source.type,
        "StartPosition": _position(source.document, start),
        "EndPosition": _position(source.document, end - 1),
    }


def _position(document: str, offset: int) -> Mapping[str, int]:
    """Line and column, each from 1."""
    line_start = document.rfind("\n", 0, offset) + 1
    return {"Line": document.count("\n", 0, offset) + 1, "Column": offset - line_start + 1}


@lru_cache(maxsize=1024)
def _spans(document: str) -> Sequence[tuple[int, int]]:
    """Where in a policy's text each statement begins and ends."""
    decoder, at = json.JSONDecoder(), _after(document, _after(document, 0) + 1)
    while document[at] != "}":
        name, at = decoder.raw_decode(document, at)
        at = _after(document, _after(document, at) + 1)  # behind the colon
        if name == "Statement":
            return _elements(document, at)
        _, at = decoder.raw_decode(document, at)
        at = _after(document, at)
        at = _after(document, at + 1) if document[at] == "," else at
    return ()


def _elements(document: str, at: int) -> Sequence[tuple[int, int]]:
    """Those of the list that begins there, or the one object."""
    decoder = json.JSONDecoder()
    if document[at] != "[":
        return [(at, decoder.raw_decode(document, at)[1])]
    found: list[tuple[int, int]] = []
    while document[at] != "]":
        start = _after(document, at + 1)
        found.append((start, decoder.raw_decode(document, start)[1]))
        at = _after(document, found[-1][1])
    return found


def _after(document: str, at: int) -> int:
    """The next place that is no white space."""
    match = _SPACE.match(document, at)
    return match.end() if match else at
