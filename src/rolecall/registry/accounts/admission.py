"""Decides whether an account may be registered. Calls AWS through the RoleProbe, and nothing else.

AWS tells those who assume roles in their customers' accounts to try with and without the external id:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

from __future__ import annotations

from http import HTTPStatus

from rolecall.core.ids import RoleArn
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.errors import AwsError
from rolecall.ports import RoleProbe
from rolecall.registry.accounts.schemas import AccountType, NewAccount
from rolecall.registry.envelope import ApiError


def role_of(account: NewAccount) -> RoleArn:
    """The role that a new account gives. ApiError 400 where it gives something else."""
    credentials = account.credential_data
    if account.account_type is not AccountType.AWS:
        raise _refused(
            "account_type_not_supported",
            f"This registry registers aws accounts, not {account.account_type.value}.",
        )
    if credentials.access_key is not None or credentials.secret_key is not None:
        raise _refused(
            "access_keys_refused",
            "Only roles are registered: access keys last until somebody revokes them. Send credential_data.role.",
        )
    if credentials.role is None:
        raise _refused("role_missing", "Send the role's ARN as credential_data.role.")
    try:
        return RoleArn.parse(credentials.role)
    except ValueError as error:
        raise _refused("role_arn_invalid", f"{error}.") from error


async def prove(probe: RoleProbe, role: RoleArn, external_id: str | None) -> None:
    """Assumes the role as the registry will, and proves that it refuses whoever leaves the external id out.

    ApiError 400 where the role fails either, 503 where AWS cannot be asked.
    """
    answer = await _ask(probe, role, external_id)
    if isinstance(answer, Refusal):
        raise _refused("role_not_assumable", f"{role} cannot be assumed. AWS says: {answer.code}: {answer.message}")
    if external_id is None:
        return
    if isinstance(await _ask(probe, role, None), AssumedRole):
        raise _refused(
            "role_open",
            f"{role} can be assumed without the external id. Require it in the role's trust policy "
            "(condition StringEquals sts:ExternalId).",
        )


async def _ask(probe: RoleProbe, role: RoleArn, external_id: str | None) -> AssumedRole | Refusal:
    try:
        return await probe.assume(role, external_id=external_id)
    except AwsError as error:
        message = f"AWS could not be asked about {role}: {error.summary}."
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "aws_unavailable", message) from error


def _refused(code: str, message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, code, message)
