from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web

from rolecall.core.ids import RoleArn
from rolecall.core.observed import Registration
from rolecall.errors import PlatformError
from rolecall.platforms import accounts_api
from rolecall.platforms.accounts_api import ATTEMPTS, PAGE, AccountsApi
from tests.aws.server import Answer, Script, reset, serving
from tests.ports import free_port

KEY = "CanaryPublic.CanarySecret"
ROLE = RoleArn.parse("arn:aws:iam::111122223333:role/CadoResponseRole")
Api = Callable[[Script], AccountsApi]


def success(data: object = None, status: int = 200, **more: object) -> web.Response:
    return web.json_response({"status": "success", "data": data, **more}, status=status)


def refusal(status: int, code: str = "odd", message: str = "as the platform says") -> web.Response:
    return web.json_response({"status": "error", "message": message, "code": code}, status=status)


def page(number: int, pages: int, *accounts: dict[str, object]) -> web.Response:
    pagination = {"type": "page", "total_records": 9, "current_page": number, "total_pages": pages, "per_page": PAGE}
    return success(list(accounts), pagination=pagination)


def told(name: str, identifier: object = str(ROLE)) -> dict[str, object]:
    return {"id": 1, "account_name": name, "type": "aws", "public_identifier": identifier, "account_check_id": None}


class Sleeps(list[float]):
    """Waits that pass at once."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
async def api(sleeps: Sleeps) -> AsyncIterator[Api]:
    async with accounts_api.connect() as http:
        yield lambda script: AccountsApi(http, "forensics", script.url, KEY, sleep=sleeps)


async def listed(api: AccountsApi) -> list[Registration]:
    return [found async for found in api.registrations()]


async def failure(api: Api, call: str, *answers: Answer) -> tuple[PlatformError, Script]:
    async with serving(*answers) as script:
        with pytest.raises(PlatformError) as caught:
            await called(api(script), call)
    return caught.value, script


async def called(api: AccountsApi, call: str) -> None:
    if call == "GET":
        await listed(api)
    elif call == "POST":
        await api.add("audit", ROLE)
    else:
        await api.remove("audit")


async def test_every_page_is_asked_for_in_order(api: Api) -> None:
    async with serving(page(1, 3, told("a")), page(2, 3, told("b")), page(3, 3, told("c"))) as script:
        found = await listed(api(script))
    assert [registration.account_name for registration in found] == ["a", "b", "c"]
    assert [asked.raw_path for asked in script.asked] == [
        f"/api/v3/accounts?type=aws&page={number}&per_page={PAGE}" for number in (1, 2, 3)
    ]


async def test_pages_are_asked_for_only_as_far_as_somebody_reads(api: Api) -> None:
    async with serving(page(1, 3, told("a"))) as script:
        await anext(aiter(api(script).registrations()))
    assert len(script.asked) == 1


@pytest.mark.parametrize("pages", [0, 1])
async def test_an_empty_list_is_empty(api: Api, pages: int) -> None:
    async with serving(page(1, pages)) as script:
        assert await listed(api(script)) == []
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        success([]),
        success(None, pagination={"total_pages": 1}),
        success({}, pagination={"total_pages": 1}),
        success(["audit"], pagination={"total_pages": 1}),
        success([], pagination={"total_pages": "1"}),
        success([], pagination=None),
        web.json_response({}),
        web.json_response({"data": [], "pagination": {"total_pages": 1}}),
    ],
)
async def test_a_list_that_cannot_be_read_whole_is_not_taken_for_an_empty_one(api: Api, answer: web.Response) -> None:
    """From an empty list would follow that every account is to be registered."""
    error, _ = await failure(api, "GET", answer)
    assert error.summary == "platform forensics gave no readable answer to GET /api/v3/accounts"
    assert error.hint == "check platforms[].url"


@pytest.mark.parametrize(
    ("name", "identifier", "account", "role"),
    [
        ("audit", str(ROLE), ROLE.account, ROLE),
        ("audit", "111122223333", ROLE.account, None),
        ("audit (111122223333)", None, ROLE.account, None),
        ("audit (111122223333)", "", ROLE.account, None),
        ("audit 999999999999", "111122223333", ROLE.account, None),
        ("audit", None, None, None),
        ("audit 1111222233334444", None, None, None),
        ("audit", "arn:aws:iam::111122223333:user/x", ROLE.account, None),
    ],
)
async def test_which_account_it_is_is_read_from_the_identifier_else_from_the_name(
    api: Api, name: str, identifier: object, account: str | None, role: RoleArn | None
) -> None:
    async with serving(page(1, 1, told(name, identifier))) as script:
        (found,) = await listed(api(script))
    assert found == Registration("forensics", name, account, role)  # type: ignore[arg-type]


async def test_an_account_is_added_by_its_role(api: Api) -> None:
    async with serving(success({"account_name": "audit"}, 201)) as script:
        await api(script).add("audit", ROLE)
    (asked,) = script.asked
    assert (asked.method, asked.raw_path) == ("POST", "/api/v3/accounts")
    assert json.loads(asked.body) == {
        "account_name": "audit",
        "account_type": "aws",
        "credential_data": {"role": str(ROLE)},
    }


@pytest.mark.parametrize("call", ["GET", "POST", "DELETE"])
async def test_the_key_goes_in_the_header_and_nowhere_else(api: Api, call: str) -> None:
    async with serving(page(1, 0)) as script:
        await called(api(script), call)
    (asked,) = script.asked
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert "Canary" not in asked.raw_path
    assert b"Canary" not in asked.body


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("ü (1)", "%C3%BC%20%281%29"),
        ("x?y#z&w", "x%3Fy%23z%26w"),
        ("../..", "..%2F.."),
    ],
)
async def test_a_name_is_one_part_of_the_path_whatever_it_holds(api: Api, name: str, path: str) -> None:
    async with serving(success()) as script:
        await api(script).remove(name)
    assert (script.asked[0].method, script.asked[0].raw_path) == ("DELETE", f"/api/v3/accounts/{path}")


async def test_what_is_gone_already_is_removed(api: Api) -> None:
    async with serving(refusal(404, "account_not_found")) as script:
        await api(script).remove("audit")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "check the API key that platforms[].api_key names"),
        (403, "it takes an Administrator"),
        (404, "check platforms[].url"),
        (409, "registered already"),
        (302, "check platforms[].url"),
    ],
)
async def test_a_refusal_has_the_platforms_words_and_a_hint(api: Api, sleeps: Sleeps, status: int, hint: str) -> None:
    error, script = await failure(api, "POST", refusal(status, "the_code"))
    assert (error.status, error.code) == (status, "the_code")
    assert error.summary == "platform forensics refused POST /api/v3/accounts"
    assert error.detail == f"HTTP {status}: as the platform says"
    assert hint in error.hint
    assert (len(script.asked), sleeps) == (1, [])


@pytest.mark.parametrize("call", ["GET", "DELETE"])
@pytest.mark.parametrize("trouble", [refusal(500), refusal(502), refusal(503), refusal(429), reset])
async def test_reads_and_removals_are_tried_again(api: Api, sleeps: Sleeps, call: str, trouble: Answer) -> None:
    async with serving(trouble, trouble, page(1, 0)) as script:
        await called(api(script), call)
    assert len(script.asked) == 3
    # aiohttp itself repeats such calls at once, the first time that a connection breaks.
    assert len(sleeps) == (1 if trouble is reset else 2)


@pytest.mark.parametrize("trouble", [refusal(429), refusal(503)])
async def test_an_add_is_tried_again_where_the_platform_did_not_take_it(api: Api, trouble: Answer) -> None:
    async with serving(trouble, success({}, 201)) as script:
        await called(api(script), "POST")
    assert len(script.asked) == 2


@pytest.mark.parametrize("trouble", [refusal(500), refusal(502), reset])
async def test_an_add_is_not_tried_again_where_it_may_have_been_taken(
    api: Api, sleeps: Sleeps, trouble: Answer
) -> None:
    _, script = await failure(api, "POST", trouble)
    assert (len(script.asked), sleeps) == (1, [])


async def test_lasting_trouble_is_given_up(api: Api, sleeps: Sleeps) -> None:
    error, script = await failure(api, "GET", refusal(500))
    assert error.status == 500
    assert (len(script.asked), len(sleeps)) == (ATTEMPTS, ATTEMPTS - 1)


async def test_a_platform_that_is_not_there_is_no_answer(api: Api) -> None:
    nobody = Script([], f"http://127.0.0.1:{free_port()}")
    with pytest.raises(PlatformError) as caught:
        await listed(api(nobody))
    assert (caught.value.summary, caught.value.status) == ("no answer from platform forensics", 0)
    assert "platforms[].url" in caught.value.hint
    assert isinstance(caught.value.__cause__, aiohttp.ClientError)


@pytest.mark.parametrize("text", ["<html>Sign in</html>", "", "[1, 2]", '"text"', "\x00\xff"])
@pytest.mark.parametrize("call", ["GET", "POST", "DELETE"])
async def test_an_answer_that_is_no_json_object_is_refused_and_points_at_the_address(
    api: Api, text: str, call: str
) -> None:
    error, _ = await failure(api, call, web.Response(text=text))
    assert error.status == 200
    assert error.detail == f"HTTP 200: {text}"
    assert error.hint == "check platforms[].url"


async def test_a_refusal_without_json_shows_the_beginning_of_what_came(api: Api) -> None:
    error, _ = await failure(api, "POST", web.Response(status=500, text="x" * 10_000))
    assert len(error.detail) < 600


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_with_the_key(api: Api, status: int) -> None:
    async with serving(success([])) as elsewhere:
        moved = web.Response(status=status, headers={"Location": f"{elsewhere.url}/api/v3/accounts"})
        error, _ = await failure(api, "GET", moved)
        assert elsewhere.asked == []
    assert error.status == status


async def echo(request: web.Request) -> web.StreamResponse:
    """A platform, or something in front of it, that shows the request's headers when it fails."""
    return web.Response(status=400, text="x" * 480 + str(dict(request.headers)) + request.headers["Authorization"])


async def echo_message(request: web.Request) -> web.StreamResponse:
    return refusal(400, message=f"bad header {request.headers['Authorization']}")


@pytest.mark.parametrize("answer", [refusal(401), echo, echo_message, reset, web.Response(text="no")])
@pytest.mark.parametrize("call", ["GET", "POST", "DELETE"])
async def test_the_key_is_in_no_error(api: Api, call: str, answer: Answer) -> None:
    error, _ = await failure(api, call, answer)
    shown = [*traceback.format_exception(error), error.detail, error.hint, repr(error)]
    assert not any("Canary" in line for line in shown)
