"""What the keys API takes and answers, as pydantic models. No I/O."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from rolecall.registry.auth import Role
from rolecall.registry.database.models import KeyRow
from rolecall.registry.envelope import Text, optional_milliseconds


def _visible(name: str) -> str:
    if not name.strip():
        raise ValueError("a name needs a character that can be seen")
    return name.strip()


KeyName = Annotated[
    Text,
    Field(min_length=1, max_length=255, json_schema_extra={"pattern": r"^[^\x00]*[^\x00\s\x1c-\x1f\x85][^\x00]*$"}),
    AfterValidator(_visible),
]


class WantedKey(BaseModel):
    """`key_name` says who or what uses it."""

    key_role: Role
    key_name: KeyName = "API key"


class NamedKey(BaseModel):
    public_key: Annotated[Text, Field(min_length=1, max_length=64)]


class Key(BaseModel):
    """A key without its secret. There are no users beside the keys, so `user_id` is the key's own id.

    `last_used_timestamp` is in milliseconds since the epoch, to the minute; null of a key that nobody has used.
    """

    id: int
    user_id: int
    public_key: str
    key_name: str
    key_role: Role
    last_used_timestamp: int | None

    @classmethod
    def of(cls, row: KeyRow) -> Key:
        return cls.model_validate(_told(row))


class NewKey(Key):
    """A key that was just made. `secret_key` is the whole key, as `Authorization: Bearer` takes it, this one time."""

    secret_key: str

    @classmethod
    def with_secret(cls, row: KeyRow, secret_key: str) -> NewKey:
        return cls.model_validate({**_told(row), "secret_key": secret_key})


def _told(row: KeyRow) -> dict[str, object]:
    return {
        "id": row.id,
        "user_id": row.id,
        "public_key": row.public_key,
        "key_name": row.key_name,
        "key_role": row.key_role,
        "last_used_timestamp": optional_milliseconds(row.last_used_at),
    }
