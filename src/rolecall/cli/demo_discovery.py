"""Has the demo's registry discover the organization, so that its page shows the tree. Calls the registry's API."""

from __future__ import annotations

import asyncio

import aiohttp

from rolecall.errors import RolecallError


def discover(url: str, key: str, management_account: str) -> None:
    """Begins it, with the role that is registered of the management account. Raises RolecallError."""
    try:
        asyncio.run(_discover(url, key, management_account))
    except aiohttp.ClientError as error:
        raise RolecallError("the registry did not begin its discovery", detail=str(error)) from error


async def _discover(url: str, key: str, management_account: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(url, headers=headers, raise_for_status=True) as http:
        async with http.get("/api/v3/accounts", params={"account_name": management_account}) as answer:
            (registered,) = (await answer.json())["data"]
        wanted = {
            "organization_account_name": registered["account_name"],
            "iam_role_name": registered["public_identifier"].rsplit("/", 1)[-1],
        }
        async with http.post("/api/v3/accounts/discovery/aws", json=wanted) as answer:
            await answer.read()
