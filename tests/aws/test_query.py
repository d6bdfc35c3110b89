from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import traceback
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from botocore.credentials import ReadOnlyCredentials

from rolecall.aws import query
from rolecall.aws.query import ATTEMPTS, LONGEST_WAIT, THROTTLED_ATTEMPTS, Endpoint, QueryClient
from rolecall.errors import AccessDenied, AwsError, CredentialsError, Throttled, Unreachable
from tests.ports import free_port

from .server import Answer, Asked, Script, reset, serving

KEYS = ReadOnlyCredentials("AKIDEXAMPLE", "CanarySecretKey+/x", "CanarySessionToken+/=", None)
GOOD = web.Response(text='<R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Credentials>yes</Credentials></R>')


def refusal(status: int, code: str) -> web.Response:
    body = f'<ErrorResponse xmlns="https://x/"><Error><Code>{code}</Code><Message>so</Message></Error></ErrorResponse>'
    return web.Response(status=status, text=body)


class Sleeps(list[float]):
    """Waits that pass at once, on a clock that goes no further than they do."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)

    def now(self) -> float:
        return sum(self)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
async def client(sleeps: Sleeps) -> AsyncIterator[QueryClient]:
    async with query.connect() as http:
        yield QueryClient(http, sleep=sleeps, now=sleeps.now)


def endpoint(script: Script, path: str = "") -> Endpoint:
    return Endpoint(script.url + path, "sts", "eu-west-1", "2011-06-15")


async def call(client: QueryClient, script: Script, **parameters: str) -> str | None:
    answer = await client.call(endpoint(script), "AssumeRole", parameters, KEYS)
    return answer.findtext(".//{*}Credentials")


async def failed(client: QueryClient, *answers: Answer) -> tuple[AwsError, Script]:
    async with serving(*answers) as script:
        with pytest.raises(AwsError) as caught:
            await call(client, script)
    return caught.value, script


async def test_an_answer_is_its_xml(client: QueryClient, sleeps: Sleeps) -> None:
    async with serving(GOOD) as script:
        assert await call(client, script) == "yes"
    assert (len(script.asked), sleeps) == (1, [])


async def test_a_call_is_a_form_of_action_version_and_parameters(client: QueryClient) -> None:
    async with serving(GOOD) as script:
        await call(client, script, RoleArn="arn:aws:iam::1:role/a b&c", ExternalId="ü=+/")
    (asked,) = script.asked
    assert (asked.method, asked.raw_path) == ("POST", "/")
    assert parse_qs(asked.body.decode()) == {
        "Action": ["AssumeRole"],
        "Version": ["2011-06-15"],
        "RoleArn": ["arn:aws:iam::1:role/a b&c"],
        "ExternalId": ["ü=+/"],
    }
    assert asked.headers["User-Agent"].startswith("rolecall/")


def signature_of(asked: Asked, secret: str) -> str:
    """The signature that AWS would compute for a request, by the published steps of Signature Version 4.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    """
    authorization = asked.headers["Authorization"]
    fields = dict(part.split("=", 1) for part in authorization.removeprefix("AWS4-HMAC-SHA256 ").split(", "))
    date, region, service, _ = fields["Credential"].split("/", 1)[1].split("/")
    headers = {name.lower(): value.strip() for name, value in asked.headers.items()}
    signed = fields["SignedHeaders"].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(signed)
    canonical = "\n".join(
        [
            asked.method,
            asked.raw_path,
            "",
            *(f"{name}:{headers[name]}" for name in signed),
            "",
            fields["SignedHeaders"],
            hashlib.sha256(asked.body).hexdigest(),
        ]
    )
    scope = f"{date}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()


async def test_a_request_is_signed_as_aws_verifies_it(client: QueryClient) -> None:
    async with serving(GOOD) as script:
        await call(client, script, ExternalId="ü=+/")
    (asked,) = script.asked
    authorization = asked.headers["Authorization"]
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/sts/aws4_request" in authorization
    assert authorization.endswith(f"Signature={signature_of(asked, KEYS.secret_key)}")
    assert signature_of(asked, "another secret") not in authorization
    assert asked.headers["X-Amz-Security-Token"] == KEYS.token


async def test_long_lived_keys_send_no_token(client: QueryClient) -> None:
    keys = ReadOnlyCredentials("AKIDEXAMPLE", "secret", None, None)
    async with serving(GOOD) as script:
        await client.call(endpoint(script), "AssumeRole", {}, keys)
    assert "X-Amz-Security-Token" not in script.asked[0].headers


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(refusal(400, "Throttling"), id="Throttling"),
        pytest.param(refusal(400, "RequestLimitExceeded"), id="RequestLimitExceeded"),
        pytest.param(refusal(429, "TooManyRequestsException"), id="TooManyRequests"),
        pytest.param(refusal(500, "InternalFailure"), id="InternalFailure"),
        pytest.param(refusal(503, "ServiceUnavailable"), id="ServiceUnavailable"),
        pytest.param(web.Response(status=502, text="<html>Bad Gateway"), id="502"),
        pytest.param(web.Response(status=500), id="empty 500"),
        pytest.param(reset, id="reset"),
    ],
)
async def test_passing_trouble_is_tried_again(client: QueryClient, sleeps: Sleeps, trouble: Answer) -> None:
    async with serving(trouble, trouble, GOOD) as script:
        assert await call(client, script) == "yes"
    assert len(script.asked) == 3
    assert len(sleeps) >= 2


async def test_each_try_is_signed_anew(client: QueryClient) -> None:
    async with serving(refusal(400, "Throttling"), GOOD) as script:
        await call(client, script)
    for asked in script.asked:
        assert asked.headers["Authorization"].endswith(signature_of(asked, KEYS.secret_key))


@pytest.mark.parametrize(
    ("trouble", "kind", "attempts"),
    [
        (refusal(400, "Throttling"), Throttled, THROTTLED_ATTEMPTS),
        (refusal(500, "InternalFailure"), AwsError, ATTEMPTS),
        (reset, Unreachable, ATTEMPTS),
    ],
    ids=["throttled", "broken", "reset"],
)
async def test_lasting_trouble_is_given_up(
    client: QueryClient, trouble: Answer, kind: type[AwsError], attempts: int
) -> None:
    error, script = await failed(client, trouble)
    assert type(error) is kind
    assert len(script.asked) == attempts


async def test_being_throttled_leaves_as_many_tries_for_trouble(client: QueryClient) -> None:
    """In a storm of both, a call that was throttled a while is not given up for one lost connection."""
    throttled, broken = [refusal(400, "Throttling")] * ATTEMPTS, [reset] * (ATTEMPTS - 1)
    async with serving(*throttled, *broken, GOOD) as script:
        assert await call(client, script) == "yes"


async def test_throttled_once_the_calls_after_it_wait_too(client: QueryClient, sleeps: Sleeps) -> None:
    async with serving(refusal(400, "Throttling"), GOOD) as script:
        await call(client, script)
        waited = len(sleeps)
        for _ in range(3):
            await call(client, script)
    assert len(sleeps) - waited == 3
    assert (len(script.asked), min(sleeps[waited:]) > 0) == (5, True)


async def test_a_service_in_trouble_is_not_asked_for_ever(client: QueryClient) -> None:
    """Of many calls that fail, the first are tried again and again, and the last only once."""
    async with serving(refusal(503, "ServiceUnavailable")) as script:
        asked = []
        for _ in range(80):
            before = len(script.asked)
            with pytest.raises(AwsError):
                await call(client, script)
            asked.append(len(script.asked) - before)
    assert (asked[0], asked[-1]) == (ATTEMPTS, 1)
    assert sum(asked) < 600


async def test_waits_grow_to_a_limit_and_are_drawn_by_lot(client: QueryClient, sleeps: Sleeps) -> None:
    for _ in range(5):
        await failed(client, refusal(503, "ServiceUnavailable"))
    limits = [min(LONGEST_WAIT, 0.1 * 2**attempt) for attempt in range(1, ATTEMPTS)] * 5
    assert all(0 <= wait <= limit for wait, limit in zip(sleeps, limits, strict=True))
    assert len(set(sleeps)) > len(sleeps) / 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(403, "AccessDenied"), AccessDenied),
        (refusal(403, "ExpiredToken"), CredentialsError),
        (refusal(400, "ValidationError"), AwsError),
    ],
)
async def test_a_refusal_is_not_tried_again(
    client: QueryClient, sleeps: Sleeps, answer: Answer, kind: type[AwsError]
) -> None:
    error, script = await failed(client, answer)
    assert type(error) is kind
    assert error.detail.endswith(": so")
    assert (len(script.asked), sleeps) == (1, [])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (web.Response(text="<html><body>Welcome"), "HTTP200"),
        (web.Response(text='{"message": "json"}'), "HTTP200"),
        (web.Response(text=""), "HTTP200"),
        (web.Response(status=403, text="Forbidden by the proxy"), "HTTP403"),
    ],
)
async def test_an_answer_that_is_no_xml_says_what_came(client: QueryClient, answer: web.Response, code: str) -> None:
    error, script = await failed(client, answer)
    assert (error.summary, error.code) == ("AWS gave no readable answer to AssumeRole", code)
    assert "not XML" in error.detail
    assert "AWS_ENDPOINT_URL" in error.hint
    assert len(script.asked) == 1


async def test_an_error_without_a_code_has_its_status_for_one(client: QueryClient) -> None:
    error, _ = await failed(client, web.Response(status=404, text="<NotHere/>"))
    assert error.code == "HTTP404"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_takes_nothing_to_somebody_else(client: QueryClient, status: int) -> None:
    async with serving(GOOD) as elsewhere:
        moved = web.Response(status=status, headers={"Location": f"{elsewhere.url}/"})
        error, _ = await failed(client, moved)
        assert elsewhere.asked == []
    assert error.code == f"HTTP{status}"


async def test_nothing_listening_is_unreachable_with_a_hint(client: QueryClient) -> None:
    nobody = Script([], f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable) as caught:
        await call(client, nobody)
    assert caught.value.summary == "no answer from AWS to AssumeRole"
    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.mark.parametrize("answer", [refusal(403, "AccessDenied"), web.Response(status=418, text="teapot"), reset])
async def test_secrets_are_in_no_error_log_or_repr(
    client: QueryClient, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    caplog.set_level(logging.DEBUG, logger="rolecall")
    caplog.set_level(logging.DEBUG, logger="aiohttp")
    error, _ = await failed(client, answer)
    told = [*traceback.format_exception(error), caplog.text, repr(error), repr(client), error.detail, error.hint]
    assert not any("Canary" in line for line in told)


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


async def test_the_environments_proxy_is_used(client: QueryClient, proxies: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as proxy:
        proxies.setenv("http_proxy", "http://{}:{}".format(*proxy.sockets[0].getsockname()))
        far = Endpoint("http://sts.example.com", "sts", "eu-west-1", "2011-06-15")
        with pytest.raises(AwsError):
            await client.call(far, "AssumeRole", {}, KEYS)
    assert b"POST http://sts.example.com/ HTTP/1.1\r\n" in asked


async def test_no_proxy_goes_past_it(client: QueryClient, proxies: pytest.MonkeyPatch) -> None:
    proxies.setenv("http_proxy", "http://127.0.0.1:1")
    proxies.setenv("no_proxy", "127.0.0.1")
    async with serving(GOOD) as script:
        assert await call(client, script) == "yes"
