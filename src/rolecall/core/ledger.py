"""What was left behind, as AWS can no longer tell it: stacks that no stack set lists any more. Pure.

See docs/adr/0017-ledger.md. The ledger holds no external id: of a stack it keeps the template, never the parameters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from rolecall.core.ids import AccountId, RoleArn, parse_account_id
from rolecall.core.model_reader import dotted, words
from rolecall.errors import ConfigError, Problem

LEDGER_VERSION = 1
_HINT = "put the file back as it was, or move it away: rolecall overwrites none that it cannot read"


class Why(StrEnum):
    """Why a stack was left where it is."""

    INACTIVE = "inactive"
    """The account was not active (suspended, being closed): StackSets cannot reach into it."""
    DEPARTED = "departed"
    """The account had left the organization."""
    INOPERABLE = "inoperable"
    """StackSets had given the instance up, and let go of it only with its stack retained."""
    RETAINED = "retained"
    """The stack set lets go of the stacks of accounts that leave it (retain_on_removal)."""


Key = tuple[AccountId, str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One stack that stays in an account. Times are aware, in UTC.

    `stack_id` is "" where StackSets did not tell it; `template` is the stack's, with which it can be taken into a stack
    set again. `closed` says why nothing will be done about it from here, and is "" while something may be.
    """

    account: AccountId
    name: str
    stack_set: str
    region: str
    stack_id: str
    role_arn: RoleArn
    why: Why
    since: datetime
    last_seen: datetime
    closed: str = ""
    template: str = field(default="", repr=False)

    @property
    def key(self) -> Key:
        return self.account, self.stack_set, self.region, self.stack_id

    @property
    def is_open(self) -> bool:
        return not self.closed


def with_entries(entries: Iterable[Entry], new: Iterable[Entry]) -> tuple[Entry, ...]:
    """The ledger with `new` ones. One that was there keeps the time since when it is, and is open again."""
    found = {entry.key: entry for entry in entries}
    for entry in new:
        known = found.get(entry.key)
        found[entry.key] = replace(entry, since=known.since) if known else entry
    return in_order(found.values())


def without(entries: Iterable[Entry], gone: Iterable[Entry]) -> tuple[Entry, ...]:
    """The ledger less those that are proven gone, or are in a stack set's list again."""
    keys = {entry.key for entry in gone}
    return in_order(entry for entry in entries if entry.key not in keys)


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.key))


def to_json(entries: Iterable[Entry]) -> str:
    """The ledger's file: `rolecall_ledger` (its version), the entries, and each template once, by its digest."""
    ordered = in_order(entries)
    templates = {_digest(entry.template): entry.template for entry in ordered if entry.template}
    body = {
        "rolecall_ledger": LEDGER_VERSION,
        "entries": [_plain(entry) for entry in ordered],
        "templates": dict(sorted(templates.items())),
    }
    return json.dumps(body, indent=2) + "\n"


def from_json(text: str, file: str) -> tuple[Entry, ...]:
    """Raises ConfigError, with every problem, for anything that is not a whole ledger of this version."""
    model = _parsed(text, file)
    problems = [*_untold(model, file), *_twice(model, file)]
    if problems:
        raise _refusal(file, problems)
    return in_order(_entry(told, model.templates) for told in model.entries)


def _role(text: str) -> str:
    return str(RoleArn.parse(text))


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account: Annotated[str, AfterValidator(parse_account_id)]
    name: str
    stack_set: Annotated[str, Field(min_length=1)]
    region: Annotated[str, Field(min_length=1)]
    stack_id: str
    role_arn: Annotated[str, AfterValidator(_role)]
    why: Why
    since: AwareDatetime
    last_seen: AwareDatetime
    closed: str
    template: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rolecall_ledger: Literal[1]
    entries: list[_Told]
    templates: dict[str, str]


def _parsed(text: str, file: str) -> _File:
    try:
        return _File.model_validate(_document(text, file))
    except ValidationError as error:
        problems = [
            Problem(file, None, dotted(tuple(details["loc"])), words(details))
            for details in error.errors(include_url=False, include_input=False)
        ]
        raise _refusal(file, problems) from error


def _document(text: str, file: str) -> Any:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refusal(file, [Problem(file, getattr(error, "lineno", None), "", f"not JSON: {error}")]) from error
    if not isinstance(document, dict) or "rolecall_ledger" not in document:
        raise _refusal(file, [Problem(file, None, "", "is some other file: it has no key rolecall_ledger")])
    if document["rolecall_ledger"] != LEDGER_VERSION:
        message = f"has version {document['rolecall_ledger']!r}, and this rolecall reads {LEDGER_VERSION}"
        raise _refusal(file, [Problem(file, None, "rolecall_ledger", message)])
    return document


def _untold(model: _File, file: str) -> Iterable[Problem]:
    """Templates that are not there, or are not what their digest says."""
    for place, told in enumerate(model.entries):
        if told.template and told.template not in model.templates:
            yield Problem(file, None, f"entries[{place}].template", "is none of templates")
    for digest, template in model.templates.items():
        if _digest(template) != digest:
            yield Problem(file, None, f"templates.{digest}", "was changed: it is the SHA-256 of another text")


def _twice(model: _File, file: str) -> Iterable[Problem]:
    seen: set[Key] = set()
    for place, told in enumerate(model.entries):
        key = (AccountId(told.account), told.stack_set, told.region, told.stack_id)
        if key in seen:
            yield Problem(file, None, f"entries[{place}]", f"is there twice: the same stack in account {told.account}")
        seen.add(key)


def _entry(told: _Told, templates: Mapping[str, str]) -> Entry:
    return Entry(
        account=AccountId(told.account),
        name=told.name,
        stack_set=told.stack_set,
        region=told.region,
        stack_id=told.stack_id,
        role_arn=RoleArn.parse(told.role_arn),
        why=told.why,
        since=told.since.astimezone(UTC),
        last_seen=told.last_seen.astimezone(UTC),
        closed=told.closed,
        template=templates[told.template] if told.template else "",
    )


def _plain(entry: Entry) -> dict[str, str]:
    return {
        "account": entry.account,
        "name": entry.name,
        "stack_set": entry.stack_set,
        "region": entry.region,
        "stack_id": entry.stack_id,
        "role_arn": str(entry.role_arn),
        "why": str(entry.why),
        "since": entry.since.astimezone(UTC).isoformat(timespec="seconds"),
        "last_seen": entry.last_seen.astimezone(UTC).isoformat(timespec="seconds"),
        "closed": entry.closed,
        "template": _digest(entry.template) if entry.template else "",
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(file: str, problems: list[Problem]) -> ConfigError:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ConfigError(f"the ledger {file} has {count}", tuple(problems), hint=_HINT)
