"""What DynamoDB's calls need: an item's table, and every table of a batch or a transaction. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_dynamodb.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rolecall.sandbox.iam_terms import forms
from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import Names, Need, arn
from rolecall.sandbox.wire import Call

_TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
"""An entry of a transaction -> the action that it needs on its table.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""


def needs(call: Call, names: Names) -> Iterator[Need]:
    params = call.params
    if isinstance(params.get("RequestItems"), Mapping):
        yield from (Need(action_of(call), _table(call, name)) for name in params["RequestItems"])
    elif params.get("TransactItems"):
        pairs = dict.fromkeys(pair for entry in params["TransactItems"] for pair in _of_entry(call, entry))
        yield from (Need(action, table) for action, table in pairs)
    elif params.get("IndexName") and params.get("TableName"):
        yield Need(action_of(call), f"{_table(call, params['TableName'])}/index/{params['IndexName']}")
    else:
        yield from forms.needs(call, names)


def _of_entry(call: Call, entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, action in _TRANSACTED.items():
        table = (entry.get(kind) or {}).get("TableName")
        if table:
            yield f"dynamodb:{action}", _table(call, table)


def _table(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else arn(call, f"table/{name}")
