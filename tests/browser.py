"""Chromium for the tests of pages: how it is started, what it complains of, and what one cannot read or see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OVERFLOWING = """
() => [...document.body.querySelectorAll('*')]
    .filter(element => !element.closest('.unseen, thead, .skip'))
    .filter(element => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map(element => element.outerHTML.slice(0, 80))
"""
"""What sticks out to the right; hidden helpers for screen readers do not count."""

FAINT = """
() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const linear = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const color = channels(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const contrast = element => {
    const [low, high] = [channels(getComputedStyle(element).color), ground(element)]
      .map(luminance).sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  };
  return [...document.body.querySelectorAll('*')]
    .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .filter(element => contrast(element) < 4.5)
    .map(element => `${contrast(element).toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
}
"""
"""Text whose contrast is under 4.5 to 1. https://www.w3.org/TR/WCAG22/#contrast-minimum"""


@dataclass
class Heard:
    """What went on beside the page: dialogs, and whatever the browser complained of."""

    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen_to(self, page: Page) -> None:
        page.on("dialog", self._dismiss)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Request) -> None:
        # A page that is left gives up what it still asks for.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=60_000)  # what comes true does so sooner, but not within five seconds on any machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()
