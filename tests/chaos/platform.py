"""A platform's accounts over HTTP, kept in memory: as much of the API as rolecall speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

from aiohttp import web

KEY = "Chaos.CanaryOfThePlatform"


@dataclass
class HttpPlatform:
    """`registered` is account name -> role ARN; `log` every change that it took."""

    registered: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/api/v3/accounts", self._list)
        application.router.add_post("/api/v3/accounts", self._add)
        application.router.add_delete("/api/v3/accounts/{name:.*}", self._remove)
        return application

    async def _list(self, request: web.Request) -> web.Response:
        self._authorized(request)
        data = [{"account_name": name, "public_identifier": role} for name, role in self.registered.items()]
        return web.json_response({"status": "success", "data": data, "pagination": {"total_pages": 1}})

    async def _add(self, request: web.Request) -> web.Response:
        self._authorized(request)
        told = await request.json()
        name = told["account_name"]
        if name in self.registered:
            return web.json_response({"status": "error", "message": "it exists", "code": "account_exists"}, status=409)
        self.registered[name] = told["credential_data"]["role"]
        self.log.append(f"add {name}")
        return web.json_response({"status": "success", "data": {}}, status=201)

    async def _remove(self, request: web.Request) -> web.Response:
        self._authorized(request)
        name = unquote(request.raw_path.rsplit("/", 1)[1])
        if self.registered.pop(name, None) is None:
            return web.json_response({"status": "error", "message": "none", "code": "not_found"}, status=404)
        self.log.append(f"remove {name}")
        return web.json_response({"status": "success"})

    def _authorized(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise web.HTTPUnauthorized
