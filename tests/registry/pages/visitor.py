"""A browser without a window: signs in, reads pages, sends their forms."""

from __future__ import annotations

import re
from html import unescape

import httpx
from fastapi.testclient import TestClient


def form_token(html: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', html)
    assert found
    return found[1]


def sign_in(browser: TestClient, key: str) -> int:
    token = form_token(browser.get("/sign-in").text)
    answer: httpx.Response = browser.post("/sign-in", data={"form_token": token, "key": key})
    return answer.status_code


class Visitor:
    """Somebody who has signed in. Redirects are seen, not followed."""

    def __init__(self, browser: TestClient, key: str) -> None:
        self.browser = browser
        assert sign_in(browser, key) == 303

    def get(self, path: str, **query: str) -> httpx.Response:
        answer: httpx.Response = self.browser.get(path, params=query) if query else self.browser.get(path)
        return answer

    def text(self, path: str, **query: str) -> str:
        """A page's text as people read it; it has to be there."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return text_of(answer)

    def ask(self, path: str, **query: str) -> httpx.Response:
        """As a script of the page asks for a part of it."""
        answer: httpx.Response = self.browser.get(path, params=query, headers={"HX-Request": "true"})
        return answer

    def send(self, path: str, **fields: str) -> httpx.Response:
        """A form with the session's token."""
        answer: httpx.Response = self.browser.post(path, data={"form_token": self.token(), **fields})
        return answer

    def upload(self, path: str, name: str, content: bytes) -> httpx.Response:
        """A form with a file."""
        files = {"form_token": (None, self.token()), name: ("roles.csv", content, "text/csv")}
        answer: httpx.Response = self.browser.post(path, files=files)
        return answer

    def follow(self, answer: httpx.Response) -> str:
        """The text of the page that a form leads to."""
        assert answer.status_code == 303, answer.text
        return self.text(answer.headers["location"])

    def token(self) -> str:
        return form_token(self.browser.get("/").text)


def text_of(answer: httpx.Response) -> str:
    """What a page says below its bar, without tags."""
    body = answer.text.partition("<main")[2] or answer.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body.replace("<wbr>", ""))).split())
