"""The sandbox's one HTTP endpoint: signed request -> caller -> handler or store -> answer. The only module that serves.

Everything runs on the server's event loop, one request at a time, so engines need no locks.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TextIO

from aiohttp import web

from rolecall.sandbox import protocol, signature
from rolecall.sandbox.authorize import Authorizer
from rolecall.sandbox.identities import Identities
from rolecall.sandbox.signature import Claim
from rolecall.sandbox.stored import HttpRequest, HttpResponse
from rolecall.sandbox.wire import Call, Caller, Handlers, WireError
from rolecall.sandbox.world import World

HttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)
_OWNED = ("cloudformation", "organizations", "sts")
"""Services that the store must not answer, since it would contradict the sandbox's own engines."""
_HOP_HEADERS = ("connection", "content-length", "transfer-encoding", "date", "server")
_MAX_BODY = 64 * 1024 * 1024


@dataclass(slots=True)
class _Record:
    """What the log tells of one request. It grows as the request is understood."""

    service: str = ""
    action: str | None = None
    caller: Caller | None = None


class Gateway:
    """Answers requests. `log` takes one JSON line a request, without credentials or bodies."""

    def __init__(
        self,
        world: World,
        identities: Identities,
        handlers: Handlers,
        authorizer: Authorizer,
        log: TextIO | None = None,
    ) -> None:
        self._world = world
        self.identities = identities
        self._handlers = handlers
        self.authorizer = authorizer
        self._log = log
        self.last_request = time.monotonic()

    def application(self, control: Mapping[str, HttpHandler]) -> web.Application:
        """The server's application. `control` holds paths that are the sandbox's own, not AWS's."""
        application = web.Application(client_max_size=_MAX_BODY)
        for path, handler in control.items():
            application.router.add_post(path, handler)
        application.router.add_route("*", "/{path:.*}", self._serve)
        return application

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The whole path of one request. Never raises: what goes wrong is an answer, as on AWS."""
        self.last_request = time.monotonic()
        request_id = str(uuid.uuid4())
        record = _Record()
        try:
            response = self._dispatch(request, record, request_id)
        except WireError as error:
            if error.status >= 500 and error.__cause__ is not None:
                _log.error("%s %s failed", record.service, record.action, exc_info=error)
            response = protocol.serialize_error(record.service, error, request_id)
        except Exception:
            _log.exception("%s %s failed", record.service, record.action)
            failure = WireError("InternalFailure", "The request processing has failed because of an error.", 500)
            response = protocol.serialize_error(record.service, failure, request_id)
        self._write_log(record, response.status)
        return response

    async def _serve(self, request: web.Request) -> web.Response:
        message = HttpRequest(request.method, request.raw_path, dict(request.headers), await request.read())
        response = self.answer(message)
        headers = {name: value for name, value in response.headers.items() if name.lower() not in _HOP_HEADERS}
        return web.Response(status=response.status, headers=headers, body=response.body)

    def _dispatch(self, request: HttpRequest, record: _Record, request_id: str) -> HttpResponse:
        claim = signature.read_claim(request)
        record.service = claim.service
        record.action = action = protocol.action_of(request)
        record.caller = caller = self._authenticate(request, claim)
        handler = self._handlers.get((claim.service, action)) if action else None
        if handler is None and claim.service in _OWNED:
            raise WireError("NotImplemented", f"The sandbox does not have {claim.service} {action}.", 501)
        parsed = handler is not None or claim.service == "iam"
        params = protocol.parse(claim.service, action, request) if parsed and action else {}
        call = Call(claim.service, action or "", params, caller, claim.region)
        self.authorizer.check(call)
        if handler is not None:
            return protocol.serialize(claim.service, call.action, handler(call), request_id)
        response = self._forward(request, call)
        headers = {name: value for name, value in response.headers.items() if name.lower() != "x-amzn-requestid"}
        return HttpResponse(response.status, headers | {"x-amzn-RequestId": request_id}, response.body)

    def _authenticate(self, request: HttpRequest, claim: Claim) -> Caller:
        identity = self.identities.identify(claim.access_key_id, claim.token)
        signature.verify(request, claim, identity.secret, self._world.now())
        return identity.caller

    def _forward(self, request: HttpRequest, call: Call) -> HttpResponse:
        account_id = call.caller.account_id
        return self._world.store.forward(request, service=call.service, account_id=account_id, region=call.region)

    def _write_log(self, record: _Record, status: int) -> None:
        if self._log is None:
            return
        caller = record.caller
        line: Mapping[str, object] = {
            "time": self._world.now().isoformat(),
            "caller": caller.arn if caller else None,
            "service": record.service,
            "action": record.action,
            "account": caller.account_id if caller else None,
            "status": status,
        }
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()
