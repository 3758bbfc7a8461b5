"""What the system tests stand on: a real server, people, and Chromium, watched."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.second_try import pytest_runtest_protocol as pytest_runtest_protocol
from tests.system.serving import Server, Visitor

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1280, "height": 720}  # what Playwright opens by itself
# What an open page asks for by itself, whatever is done to it.
ASKED_BY_THE_PAGE = re.compile(
    r"/favicon\.svg|/viewers$|/review\?|/events\?|/threads/live\?|/notices/count$"
)
REPORT_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`CSP: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server")).start()
    yield running
    running.close()


@pytest.fixture
def visitor(server: Server) -> Iterator[Callable[[str], Visitor]]:
    """Sign somebody in whose browser runs no script."""
    made: list[Visitor] = []

    def sign_in(name: str) -> Visitor:
        made.append(Visitor(server, name))
        return made[-1]

    yield sign_in
    for one in made:
        one.http.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    # The same engine without windows, which cost more than most pages; Debian has it beside.
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not on the PATH")
    library = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    library.expect.set_options(timeout=60_000)  # CI's machine may be busy
    with library.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(server: Server, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a page of the server that all tests share: see `visits`."""
    yield from visits(server, chromium)


def visits(server: Server, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open the page `at`, signed in as `name` if given, in that person's browser.

    A person keeps one browser for the session, since a new one costs more than most pages;
    `own=True` is one for this page alone. The test fails on any console error, page error, policy
    violation or request to another origin, except for console lines that hold a word of `expect`.
    """
    pages, browsers, problems = list[Any](), list[Any](), list[str]()

    def opened(
        name: str = "",
        *,
        at: str = "/dashboard",
        expect: Any = (),
        own: bool = False,
        viewport: Any = DESK,
        **options: Any,
    ) -> Any:
        key = (chromium, name, repr(options))
        context = None if own else server.browsers.get(key)
        if context is None:
            context = chromium.new_context(base_url=server.base, **options)
            context.set_default_timeout(60_000)
            context.add_init_script(REPORT_VIOLATIONS)
            if name:
                context.request.get(server.link(name), max_redirects=0)
            if own:
                browsers.append(context)
            else:
                server.browsers[key] = context
        page = context.new_page()
        pages.append(page)
        if viewport != DESK:
            page.set_viewport_size(viewport)
        watch(page, server.base, problems, expect)
        if name and at:
            page.goto(at)
        return page

    yield opened
    for one in (*pages, *browsers):
        one.close()
    assert problems == []


def watch(page: Any, base: str, problems: list[str], expect: tuple[str, ...]) -> None:
    """Note in `problems` what goes wrong on a page."""

    def line(message: Any) -> None:
        expected = any(word in message.text for word in expect)
        if message.type in ("error", "warning") and not expected:
            problems.append(f"{message.type}: {message.text}")

    def request(sent: Any) -> None:
        if not sent.url.startswith((base, "data:")):
            problems.append(f"request to {sent.url}")

    page.on("console", line)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on("request", request)


@pytest.fixture
def plan(server: Server, request: pytest.FixtureRequest) -> str:
    """The address of a plan of alice's with two sections, published, the test's own."""
    name = request.node.name.split("[")[0].replace("_", "-")[:56].rstrip("-")
    pushed = server.push(document("Tokens"), f"slug={name}&title={name}&visibility=published")
    assert pushed.status_code == 201, pushed.text
    return pushed.json()["plan"]


def document(word: str) -> str:
    """Return a document of two sections; `word` tells one version from the next."""
    return (
        f'<section data-anchor="intro"><h2>Intro</h2><p>{word} rotate on every use.</p>'
        "<ul><li>First rule</li><li>Second rule</li></ul></section>"
        '<section data-anchor="data"><h2>Data model</h2><table><thead><tr><th>Column</th>'
        "<th>Type</th></tr></thead><tbody><tr><td>id</td><td>uuid</td></tr></tbody></table>"
        "</section>"
    )
