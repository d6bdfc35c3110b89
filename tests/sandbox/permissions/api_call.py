"""What a real call is, as a value: which actions it needs, and its parameters for what is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .things import Thing

Params = Callable[[Thing], dict[str, Any]]
DRY = {"DryRun": True}
"""EC2 then tells whether it would be allowed, and does nothing."""


@dataclass(frozen=True)
class ApiCall:
    """A call and all the actions that it needs. One that is `never` allowed lacks what only AWS can give it."""

    actions: frozenset[str]
    service: str
    operation: str
    params: Params
    never: bool = False

    def __str__(self) -> str:
        return f"{self.service}.{self.operation} ({' '.join(sorted(self.actions))})"


def call(actions: str, service: str, operation: str, params: Params = lambda _: {}, *, never: bool = False) -> ApiCall:
    return ApiCall(frozenset(actions.split()), service, operation, params, never)


def tagged(kind: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": "CadoResponse-8"}]}]}


def send_command(document: str, *, never: bool = False) -> ApiCall:
    def params(at: Thing) -> dict[str, Any]:
        return {"InstanceIds": [at["instance"]], "DocumentName": document}

    return call("ssm:SendCommand", "ssm", "send_command", params, never=never)
