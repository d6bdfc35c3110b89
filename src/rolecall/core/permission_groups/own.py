"""The user's own groups: a YAML file a group, in the same form as ours. Pure: text in, a group or all problems out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from rolecall.core import model_reader
from rolecall.core.permission_groups.model import Conditions, PermissionGroup, Statement
from rolecall.core.permission_groups.scoping import example
from rolecall.core.policy.conditions import Condition

_POSITIVE = ("StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnEquals", "ArnLike", "Bool")
"""Operators of which one of the values is an example."""
_WORD = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_ACTION = r"^[a-z0-9-]+:[A-Za-z0-9*?]+$"


_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_OURS = ("AWS::Partition", "AWS::AccountId", "RoleName", "RolePath")
"""Those that the template fills in. What else is in `${…}` is a policy variable of IAM, which has a colon in it."""


def _known(text: str) -> str:
    for name in _PLACEHOLDER.findall(text):
        if name not in _OURS and (name.startswith("AWS::") or name.isalnum()):
            raise ValueError(f"${{{name}}} is filled in by nobody; there are {', '.join(f'${{{n}}}' for n in _OURS)}")
    return text


def _holds_variable(text: str) -> bool:
    return not set(_PLACEHOLDER.findall(text)) <= set(_OURS)


def _texts(value: object) -> object:
    """YAML's true and 5 as IAM writes them; a list of such."""
    if isinstance(value, list):
        return [_texts(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


Resource = Annotated[str, Field(pattern=r"^(\*|arn:\S+)$", max_length=2048), AfterValidator(_known)]
Value = Annotated[str, AfterValidator(_known)]
Values = Annotated[
    list[Value],
    Field(min_length=1),
    BeforeValidator(lambda value: _texts(value if isinstance(value, list) else [value])),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ExamplesFile(_Section):
    """What the roll call asks the statement with; made from its resources and conditions unless given."""

    resources: Annotated[list[str], Field(description="Resources that must be allowed")] = []
    context: Annotated[dict[str, str], Field(description="Condition keys that must be met")] = {}


class StatementFile(_Section):
    """One Allow statement."""

    sid: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$", max_length=100, description="Its name, in the policy too")]
    actions: Annotated[
        list[Annotated[str, Field(pattern=_ACTION)]], Field(min_length=1, description="Such as s3:GetObject")
    ]
    resources: Annotated[
        list[Resource],
        Field(min_length=1, description="ARNs, in which ${AWS::Partition} and ${AWS::AccountId} are the account's"),
    ] = ["*"]
    conditions: Annotated[dict[str, dict[str, Values]], Field(description="operator: {key: value, or values}")] = {}
    examples: Annotated[ExamplesFile, Field(validate_default=True)] = ExamplesFile()

    @field_validator("conditions")
    @classmethod
    def _as_iam_takes_them(cls, conditions: dict[str, dict[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
        for operator, keys in conditions.items():
            for key, values in keys.items():
                Condition.parse(operator, key, values, variables=True)  # raises ValueError, which tells what is wrong
        return conditions

    @field_validator("examples")
    @classmethod
    def _in_place_of_variables(cls, examples: ExamplesFile, info: ValidationInfo) -> ExamplesFile:
        """What a policy variable will be nobody can guess."""
        if not examples.resources and any(map(_holds_variable, info.data.get("resources", ()))):
            raise ValueError("need resources: the statement's hold a policy variable")
        for keys in info.data.get("conditions", {}).values():
            for key, values in keys.items():
                if key not in examples.context and any(map(_holds_variable, values)):
                    raise ValueError(f"need context for {key}: it is held to a policy variable")
        return examples

    @field_validator("actions")
    @classmethod
    def _each_once(cls, actions: list[str]) -> list[str]:
        return list(dict.fromkeys(actions))


class GroupFile(_Section):
    """A permission group of the user's."""

    id: Annotated[str, Field(pattern=_WORD, max_length=64, description="What role.permission_groups calls it")]
    title: Annotated[str, Field(min_length=1, max_length=100, description="A few words")]
    purpose: Annotated[str, Field(min_length=1, description="What the platform does with it")]
    source: Annotated[str, Field(min_length=1, description="Who asks for it: a page, a ticket")]
    requires: Annotated[list[str], Field(description="Groups without which it is of no use")] = []
    conflicts: Annotated[list[str], Field(description="Groups that it must not stand beside")] = []
    management_only: Annotated[bool, Field(description="Only for the management account's role")] = False
    statements: Annotated[list[StatementFile], Field(min_length=1)]

    @field_validator("statements")
    @classmethod
    def _sids_differ(cls, statements: list[StatementFile]) -> list[StatementFile]:
        if len({statement.sid for statement in statements}) < len(statements):
            raise ValueError("two have the same sid")
        return statements


def read_group(text: str, file: str) -> PermissionGroup:
    """Raises ConfigError with every problem of `text`; `file` is only for the messages."""
    reading = model_reader.read(GroupFile, text, file, _hint, writes="`rolecall permissions NAME --yaml` shows one")
    if reading.model is None or reading.problems:
        raise model_reader.refusal(file, reading.problems)
    return _group(reading.model)


def write_group(group: PermissionGroup) -> str:
    """A group as such a file, to begin one's own with."""
    document = {
        "id": group.id,
        "title": group.title,
        "purpose": group.purpose,
        "source": group.source,
        **({"requires": list(group.requires)} if group.requires else {}),
        **({"conflicts": list(group.conflicts)} if group.conflicts else {}),
        **({"management_only": True} if group.management_only else {}),
        "statements": [_written(statement) for statement in group.statements],
    }
    return yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)


def _group(file: GroupFile) -> PermissionGroup:
    return PermissionGroup(
        id=file.id,
        title=file.title,
        purpose=file.purpose,
        source=file.source,
        requires=tuple(file.requires),
        conflicts=tuple(file.conflicts),
        management_only=file.management_only,
        statements=tuple(_statement(statement) for statement in file.statements),
        default=False,
        own=True,
    )


def _statement(file: StatementFile) -> Statement:
    conditions: Conditions = {
        operator: {key: _value(value) for key, value in keys.items()} for operator, keys in file.conditions.items()
    }
    return Statement(
        sid=file.sid,
        actions=tuple(file.actions),
        resources=tuple(file.resources),
        conditions=conditions,
        example_resources=tuple(file.examples.resources or map(example, file.resources)),
        example_context={**_example_context(conditions), **file.examples.context},
    )


def _value(values: list[str]) -> str | tuple[str, ...]:
    return values[0] if len(values) == 1 else tuple(values)


def _example_context(conditions: Conditions) -> Mapping[str, str]:
    """A value for each key that one of its conditions' values tells: not for those that say what must not be."""
    return {
        key: example(value if isinstance(value, str) else value[0])
        for operator, keys in conditions.items()
        if operator in _POSITIVE
        for key, value in keys.items()
        if value
    }


def _written(statement: Statement) -> dict[str, object]:
    conditions = {
        operator: {key: value if isinstance(value, str) else list(value) for key, value in keys.items()}
        for operator, keys in statement.conditions.items()
    }
    return {
        "sid": statement.sid,
        "actions": list(statement.actions),
        **({"resources": list(statement.resources)} if statement.resources != ("*",) else {}),
        **({"conditions": conditions} if conditions else {}),
    }


def _hint(details: ErrorDetails) -> str:
    names = tuple(part for part in details["loc"] if isinstance(part, str))
    return _HINTS.get(names, "")


_HINTS: dict[tuple[str, ...], str] = {
    ("id",): "small letters, digits and -, such as our-evidence",
    ("statements", "actions"): "service:Action, such as s3:GetObject; what is denied is said by leaving it out",
    ("statements", "sid"): "letters and digits only, such as OurEvidence",
    ("statements", "resources"): "an ARN, or *",
    ("statements", "conditions"): "operator: {key: value}, such as StringLike: {aws:ResourceTag/case: IR-*}",
    ("statements", "examples"): "examples: {resources: [an ARN of something that must be allowed]}",
}
