"""What KMS's calls need: the key behind an id or an alias, and the alias itself where that is changed. Pure.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.sandbox.iam_terms.actions import action_of
from rolecall.sandbox.iam_terms.need import ANY, Context, Names, Need, arn, request_tags
from rolecall.sandbox.wire import Call

_ON_ALIASES = {
    "CreateAlias": ("TargetKeyId",),
    "DeleteAlias": ("AliasName",),
    "UpdateAlias": ("AliasName", "TargetKeyId"),
}
"""The operations on aliases -> the parameters that lead to the keys that they concern."""
_ON_GRANTS = ("CreateGrant", "ListGrants", "RevokeGrant")


def needs(call: Call, names: Names) -> Iterator[Need]:
    action, context = action_of(call), _context(call)
    if call.action == "ReEncrypt":
        yield Need("kms:ReEncryptFrom", _key(call, names, "SourceKeyId"), context)
        yield Need("kms:ReEncryptTo", _key(call, names, "DestinationKeyId"), context)
    elif call.action in _ON_ALIASES:
        yield Need(action, arn(call, str(call.params.get("AliasName"))), context)
        yield from (Need(action, _key(call, names, name), context) for name in _ON_ALIASES[call.action])
    else:
        yield Need(action, _key(call, names, "KeyId"), context)
        if call.action == "CreateKey" and call.params.get("Tags"):
            yield Need("kms:TagResource", ANY, context)


def _key(call: Call, names: Names, parameter: str) -> str:
    """`*` for Decrypt and others that may leave the key out: the ciphertext tells it, which is not read here."""
    given = str(call.params.get(parameter) or "")
    if not given or (given.startswith("arn:") and ":alias/" not in given):
        return given or ANY
    found = names.key_arn(call.caller.account_id, call.region, given)
    unknown = given if given.startswith("arn:") else arn(call, given if given.startswith("alias/") else f"key/{given}")
    return found or unknown


def _context(call: Call) -> Context:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    context: Context = {"kms:CallerAccount": (call.caller.account_id,)} | request_tags(call.params.get("Tags"))
    given = str(call.params.get("KeyId") or "").rsplit(":", 1)[-1]
    if given.startswith("alias/"):
        context["kms:RequestAlias"] = (given,)
    if call.action in _ON_GRANTS:
        context["kms:GrantIsForAWSResource"] = ("false",)
    return context
