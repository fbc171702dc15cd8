"""Fixtures of the browser tests: a Chromium without a screen, a device with traffic, its page."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright

from helpers.dashboard import TOKEN, Traffic, start
from zmq import dashboard

NO_BROWSER = "no chromium in PATH: apt-get install chromium, or let `make test-browser` do it"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names of other sites lead here: how an attacker's name server would answer.
    "--host-resolver-rules=MAP *.example 127.0.0.1",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip(NO_BROWSER)
    return path


@pytest.fixture
def browser(chromium: str) -> Iterator[BrowserContext]:
    """A browser that knows nothing yet."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        found = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            args=FLAGS,
            viewport={"width": 1280, "height": 900},
        )
        found.set_default_timeout(30_000)
        yield found
        found.close()


@pytest.fixture
def complaints(browser: BrowserContext) -> list[str]:
    """Errors of the scripts of the pages, and requests that their policy refused."""
    found: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(message.text)

    browser.on("console", heard)
    browser.on("weberror", lambda error: found.append(str(error.error)))
    return found


@pytest.fixture
def device() -> Iterator[Any]:
    found = start()
    yield found
    found.stop(0.2)


@pytest.fixture
def traffic(device: Any) -> Iterator[Traffic]:
    found = Traffic(device)
    yield found
    found.stop()


@pytest.fixture
def served(device: Any) -> Iterator[dashboard.Dashboard]:
    with dashboard.serve(device, "127.0.0.1:*", TOKEN, title="Under test") as found:
        yield found


@pytest.fixture
def page(browser: BrowserContext, served: dashboard.Dashboard, complaints: list[str]) -> Page:
    """The dashboard, opened with its token."""
    found = browser.new_page()
    found.goto(served.link)
    found.wait_for_selector(".pill.running")
    return found
