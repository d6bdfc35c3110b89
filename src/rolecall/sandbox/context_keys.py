"""IAM's GetContextKeysFor…: which condition keys policies ask for. Reads the world's store.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rolecall.core.policy import MalformedPolicy, Policy
from rolecall.sandbox.iam_principals import holder_of
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_VARIABLE = re.compile(r"\$\{([\w:./-]+)")


@dataclass(frozen=True, slots=True)
class _ContextKeys:
    world: World

    def for_custom_policy(self, call: Call) -> Params:
        return {"ContextKeyNames": _keys_of(call.params["PolicyInputList"])}

    def for_principal_policy(self, call: Call) -> Params:
        own = [policy.document for policy in holder_of(self.world, call).policies]
        return {"ContextKeyNames": _keys_of([*own, *call.params.get("PolicyInputList", ())])}


def handlers(world: World) -> Handlers:
    keys = _ContextKeys(world)
    return {
        ("iam", "GetContextKeysForCustomPolicy"): keys.for_custom_policy,
        ("iam", "GetContextKeysForPrincipalPolicy"): keys.for_principal_policy,
    }


def _keys_of(documents: Iterable[str]) -> list[str]:
    return sorted({key for document in documents for key in _keys(document)})


def _keys(document: str) -> set[str]:
    """Condition keys and policy variables. Raises WireError `InvalidInput` for what is not a policy."""
    try:
        Policy.parse(document, source="input", type="identity")
    except MalformedPolicy as error:
        raise WireError("InvalidInput", str(error)) from error
    statements = json.loads(document)["Statement"]
    listed: list[Mapping[str, Any]] = statements if isinstance(statements, list) else [statements]
    operators = [operator for statement in listed for operator in statement.get("Condition", {}).values()]
    return {key for operator in operators for key in operator} | set(_VARIABLE.findall(document))
