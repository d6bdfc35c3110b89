"""The sandbox's one HTTP endpoint: signed request -> call -> handler or store -> answer. The only module that serves.

Calls are answered on the server's event loop, one at a time, so engines need no locks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from rolecall.sandbox import long_polls, protocol, signature
from rolecall.sandbox.authorize import Authorizer
from rolecall.sandbox.clock import utc_now
from rolecall.sandbox.exchange import Exchange, Listener
from rolecall.sandbox.identities import Identities
from rolecall.sandbox.limits.faults import FaultRule, Faults, error_of
from rolecall.sandbox.limits.quotas import Quotas
from rolecall.sandbox.listening import tell
from rolecall.sandbox.stored import HttpRequest, HttpResponse
from rolecall.sandbox.wire import Call, Caller, Handlers, Origin, Params, WireError
from rolecall.sandbox.world import World

HttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)
OWNED = ("cloudformation", "organizations", "sts")
"""Services that the store must not answer, since it would contradict the sandbox's own engines."""
_HOP_HEADERS = ("connection", "content-length", "transfer-encoding", "date", "server")
_MAX_BODY = 64 * 1024 * 1024


class Gateway:
    """Answers requests. `listeners` are told of each when it has been answered.

    `quotas` and `faults` are None where there are none; `latency` is in seconds of real time; `proxy` is host and port
    of a proxy in front.
    """

    def __init__(
        self,
        world: World,
        identities: Identities,
        handlers: Handlers,
        authorizer: Authorizer,
        *,
        quotas: Quotas | None = None,
        faults: Faults | None = None,
        latency: float = 0,
        proxy: str | None = None,
    ) -> None:
        self._world = world
        self._identities = identities
        self._handlers = handlers
        self._authorizer = authorizer
        self._quotas = quotas
        self._faults = faults
        self._latency = latency
        self._proxy = proxy
        self.listeners: list[Listener] = []
        self.calls: Counter[tuple[str, str, int]] = Counter()
        self.last_request = time.monotonic()

    def application(self, control: Mapping[tuple[str, str], HttpHandler]) -> web.Application:
        """The server's application. `control` holds methods and paths that are the sandbox's own, not AWS's."""
        application = web.Application(client_max_size=_MAX_BODY)
        for (method, path), handler in control.items():
            application.router.add_route(method, path, handler)
        application.router.add_route("*", "/{path:.*}", self._serve)
        return application

    def perform(self, request: HttpRequest, service: str, region: str, caller: Caller) -> Exchange:
        """What comes of a call by a caller who is known already, as a recorded one is, and that meets no fault.

        Never raises: what goes wrong is an answer, as on AWS.
        """
        exchange = self._begin(request)
        try:
            exchange.service, exchange.action = service, protocol.action_of(service, request)
            exchange.call = self._call(exchange, service, region, caller)
        except WireError as error:
            exchange.error = error
        self._perform(exchange)
        self._finish(exchange)
        return exchange

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        message = HttpRequest(request.method, request.raw_path, dict(request.headers), await request.read())
        exchange = self._begin(message)
        self._understand(exchange)
        faults = self._faults.of(exchange.call) if self._faults and exchange.call else []
        exchange.faults = tuple(rule.kind for rule in faults)
        await self._delay(faults)
        if "reset" in exchange.faults:
            tell(self.listeners, exchange)
            return _reset(request)
        self._fail(exchange, faults)
        self._perform(exchange)
        await self._poll(exchange)
        response = self._finish(exchange)
        if "lost-answer" in exchange.faults:
            return _reset(request)
        return _sent(response, bodyless=request.method == "HEAD")

    def _begin(self, request: HttpRequest) -> Exchange:
        self.last_request = time.monotonic()
        return Exchange(request, self._world.new_uuid("request"), self._world.now())

    def _understand(self, exchange: Exchange) -> None:
        """Who calls what, or why that cannot be told."""
        try:
            claim = signature.read_claim(exchange.request)
            exchange.service, exchange.action = claim.service, protocol.action_of(claim.service, exchange.request)
            identity = self._identities.identify(claim.access_key_id, claim.token)
            signature.verify(exchange.request, claim, identity.secret, utc_now(), self._proxy)
            exchange.call = self._call(exchange, claim.service, claim.region, identity.caller, claim.access_key_id)
        except WireError as error:
            exchange.error = error
        except Exception as error:
            exchange.error = _broken(error)

    def _call(self, exchange: Exchange, service: str, region: str, caller: Caller, key: str | None = None) -> Call:
        action = exchange.action
        known = action is not None and (service, action) in self._handlers
        if not known and service in OWNED and (action is None or not protocol.is_operation(service, action)):
            raise protocol.no_operation(service, action)
        params = self._params(service, action, exchange.request, known=known)
        origin = Origin(exchange.request_id, exchange.time, key, exchange.user_agent)
        return Call(service, action or "", params, caller, region, origin)

    def _params(self, service: str, action: str | None, request: HttpRequest, *, known: bool) -> Params:
        """Checked where we answer ourselves. The store reads its own; authorization wants to know what they name."""
        if action is None:
            return {}
        if known or service == "iam":
            return protocol.parse(service, action, request)
        return protocol.named(service, action, request) if self._world.enforcement == "all" else {}

    async def _delay(self, faults: list[FaultRule]) -> None:
        slow = sum(rule.milliseconds for rule in faults if rule.kind == "latency") / 1000
        if self._latency or slow:
            await asyncio.sleep(self._latency + slow)

    async def _poll(self, exchange: Exchange) -> None:
        """A long poll waits here, not in the store, where everything else would wait with it."""
        call = exchange.call
        wait = long_polls.wait_of(call, exchange.request, self._world.store) if call else 0
        until = time.monotonic() + wait
        while wait and long_polls.came_in_vain(exchange.response) and time.monotonic() < until:
            await asyncio.sleep(long_polls.PAUSE_SECONDS)
            self._perform(exchange)

    def _fail(self, exchange: Exchange, faults: list[FaultRule]) -> None:
        if exchange.call is not None:
            errors = (error_of(rule, exchange.call) for rule in faults)
            exchange.error = exchange.error or next((error for error in errors if error), None)

    def _perform(self, exchange: Exchange) -> None:
        if exchange.call is None or exchange.error is not None:
            return
        try:
            self._check_rate(exchange, exchange.call)
            self._authorizer.check(exchange.call)
            self._world.iam_lag.check(exchange.call)
            self._answer(exchange, exchange.call)
        except WireError as error:
            exchange.error = error
        except Exception as error:
            exchange.error = _broken(error)

    def _check_rate(self, exchange: Exchange, call: Call) -> None:
        if self._quotas is not None:
            try:
                self._quotas.check(call)
            except WireError:
                exchange.faults += ("quota",)
                raise

    def _answer(self, exchange: Exchange, call: Call) -> None:
        handler = self._handlers.get((call.service, call.action))
        if handler is None and call.service in OWNED:
            raise WireError("NotImplemented", f"The sandbox does not have {call.service} {call.action}.", 501)
        if handler is None:
            exchange.response = self._forward(exchange, call)
        else:
            answer: Params = handler(call)
            exchange.answer = answer
            exchange.response = protocol.serialize(call.service, call.action, answer, exchange.request_id)

    def _forward(self, exchange: Exchange, call: Call) -> HttpResponse:
        account_id = call.caller.account_id
        response = self._world.store.forward(
            long_polls.cut_short(call, exchange.request),
            service=call.service,
            account_id=account_id,
            region=call.region,
        )
        headers = {name: value for name, value in response.headers.items() if name.lower() != "x-amzn-requestid"}
        return HttpResponse(response.status, headers | {"x-amzn-RequestId": exchange.request_id}, response.body)

    def _finish(self, exchange: Exchange) -> HttpResponse:
        """The answer, told to all listeners."""
        error = exchange.error
        if error is not None:
            if error.status >= 500 and error.__cause__ is not None:
                _log.error("%s %s failed", exchange.service, exchange.action, exc_info=error.__cause__)
            exchange.response = protocol.serialize_error(exchange.service, error, exchange.request_id)
        assert exchange.response is not None
        self.calls[exchange.service, exchange.action or "", exchange.response.status] += 1
        tell(self.listeners, exchange)
        return exchange.response


def _sent(response: HttpResponse, *, bodyless: bool) -> web.Response:
    """`bodyless` answers keep the length that the store tells: it is of what a GET would bring."""
    dropped = _HOP_HEADERS if not bodyless else tuple(name for name in _HOP_HEADERS if name != "content-length")
    headers = {name: value for name, value in response.headers.items() if name.lower() not in dropped}
    return web.Response(status=response.status, headers=headers, body=None if bodyless else response.body)


def _reset(request: web.Request) -> web.StreamResponse:
    """Ends the connection without a word, as a broken network does."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _broken(error: Exception) -> WireError:
    """A bug of ours: told to the caller as AWS tells its own, and to the log with its cause."""
    failure = WireError("InternalFailure", "The request processing has failed because of an error.", 500)
    failure.__cause__ = error
    return failure
