"""What Secrets Manager's calls need: a secret's ARN ends in six characters that its name does not tell. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_secretsmanager.html
"""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Names, Need, arn, request_tags, texts
from rolecall.sandbox.wire import Call


def needs(call: Call, names: Names) -> Iterator[Need]:
    params, tags = call.params, request_tags(call.params.get("Tags"))
    if call.action == "BatchGetSecretValue":
        yield from _batch(call, names)
        return
    given = str(params.get("SecretId") or params.get("Name") or "")
    resource = _secret(call, names, given) if given else ANY
    yield Need(action_of(call), resource, tags)
    if call.action == "CreateSecret" and tags:
        yield Need("secretsmanager:TagResource", resource, tags)


def _batch(call: Call, names: Names) -> Iterator[Need]:
    """Which secrets a filter finds is not known here."""
    yield Need(action_of(call))
    if call.params.get("Filters"):
        yield Need("secretsmanager:ListSecrets")
        yield Need("secretsmanager:GetSecretValue")
    for given in texts(call.params.get("SecretIdList")):
        yield Need("secretsmanager:GetSecretValue", _secret(call, names, given))


def _secret(call: Call, names: Names, given: str) -> str:
    found = names.secret_arn(call.caller.account_id, call.region, given)
    unknown = given if given.startswith("arn:") else arn(call, f"secret:{given}-??????")
    return found or unknown
