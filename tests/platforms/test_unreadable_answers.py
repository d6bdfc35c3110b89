"""Answers that are not the API's: nothing may be inferred from them."""

from __future__ import annotations

import pytest
from aiohttp import web

from rolecall.core.ids import RoleArn
from rolecall.errors import PlatformError
from rolecall.platforms import accounts_api
from rolecall.platforms.accounts_api import AccountsApi
from tests.aws.server import Answer, serving

ROLE = RoleArn.parse("arn:aws:iam::111122223333:role/CadoResponseRole")
DEEP = web.Response(text="[" * 100_000 + "]" * 100_000)
GOOD_DATA: list[dict[str, object]] = [{"account_name": "audit", "public_identifier": str(ROLE)}]
PAGINATION = {"total_pages": 1}


async def asked(call: str, *answers: Answer) -> list[str]:
    """The names listed by one call, if it is the listing."""
    async with serving(*answers) as script, accounts_api.connect() as http:
        api = AccountsApi(http, "forensics", script.url, "the-key")
        if call == "GET":
            return [found.account_name async for found in api.registrations()]
        await (api.add("audit", ROLE) if call == "POST" else api.remove("audit"))
        return []


@pytest.mark.parametrize("call", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "answer",
    [
        web.json_response({"status": "error", "message": "no", "code": "x", "data": [], "pagination": PAGINATION}),
        web.json_response({"data": GOOD_DATA, "pagination": PAGINATION}),
        web.json_response({"status": True, "data": GOOD_DATA, "pagination": PAGINATION}),
        web.json_response(["success"]),
        web.json_response(None),
        web.Response(text='{"status": "success"'),
        DEEP,
    ],
    ids=["error", "no status", "another status", "list", "null", "cut off", "deep"],
)
async def test_what_does_not_say_success_is_no_answer(call: str, answer: web.Response) -> None:
    with pytest.raises(PlatformError) as caught:
        await asked(call, answer)
    assert caught.value.summary == f"platform forensics gave no readable answer to {call} /api/v3/accounts"
    assert caught.value.status == 200
    assert caught.value.hint == "check platforms[].url"


@pytest.mark.parametrize("data", [None, {}, "audit", ["audit"], [None], [[]], {"accounts": []}])
async def test_a_listing_is_a_list_of_objects(data: object) -> None:
    with pytest.raises(PlatformError, match="no readable answer") as caught:
        await asked("GET", web.json_response({"status": "success", "data": data, "pagination": PAGINATION}))
    assert caught.value.detail == "HTTP 200: its data is no list of accounts"


@pytest.mark.parametrize("pagination", [None, [], "1", {}, *({"total_pages": n} for n in (None, "1", 1.0, True))])
async def test_a_listing_says_how_many_pages_there_are(pagination: object) -> None:
    with pytest.raises(PlatformError, match="no readable answer") as caught:
        await asked("GET", web.json_response({"status": "success", "data": GOOD_DATA, "pagination": pagination}))
    assert caught.value.detail == "HTTP 200: its pagination.total_pages is no whole number"


async def test_an_unreadable_second_page_is_not_the_end_of_the_list() -> None:
    first = web.json_response({"status": "success", "data": GOOD_DATA, "pagination": {"total_pages": 2}})
    with pytest.raises(PlatformError, match="no readable answer"):
        await asked("GET", first, web.json_response({"status": "success"}))


@pytest.mark.parametrize("call", ["POST", "DELETE"])
async def test_a_change_may_be_answered_by_its_status_alone(call: str) -> None:
    assert await asked(call, web.json_response({"status": "success"})) == []


async def test_a_good_listing_is_read() -> None:
    answer = web.json_response({"status": "success", "data": GOOD_DATA, "pagination": PAGINATION})
    assert await asked("GET", answer) == ["audit"]
