"""The pictures of docs/tour.md: `python -m bench.tour [docs/pictures]`.

Serves a demo, does as its reader would, and takes each station in light and in dark; the comment is
the last, since its draft would be kept. Needs Chromium on the PATH and playwright.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.screenshots import PLAN, QUIET, SIGN_IN, demo, signed_in
from tests.system.test_selection import SELECT

SIZE = {"width": 1280, "height": 760}
WORDS = ("The gateway reads session cookies again",)
SAID = "How long does that take? And may somebody do it at night without asking?"


def plan(page: Any, address: str) -> None:
    """The document, at a drawing."""
    page.goto(address, wait_until="load")
    _show(page, "#s-token-refresh")


def comment(page: Any, address: str) -> None:
    """A comment on some words, before it is sent."""
    page.goto(address, wait_until="load")
    _show(page, "#s-rollback")
    page.evaluate(SELECT, list(WORDS))
    page.locator("#pp-say-button").click()
    page.locator("#pp-new-body").fill(SAID)


def answers(page: Any, address: str) -> None:
    """What the agent says it did about comments, and what the server says of that."""
    page.goto(f"{address}#t7", wait_until="load")
    page.locator("#t7").evaluate("node => node.scrollIntoView({block: 'center'})")


def compare(page: Any, address: str) -> None:
    """Two versions as one document."""
    page.goto(f"{address}/compare?from=2&to=3", wait_until="load")
    _show(page, "#s-key-decisions")


def turn(page: Any, address: str) -> None:
    """What waits for somebody."""
    page.goto(address.partition("/p/")[0] + "/dashboard", wait_until="load")


STATIONS: tuple[Callable[[Any, str], None], ...] = (plan, answers, compare, turn, comment)


def main() -> None:
    """Take the pictures and print where they are."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    for scheme in ("light", "dark"):
        with demo() as printed:
            for path in take(printed, scheme, out):
                print(path)


def take(printed: str, scheme: str, out: Path) -> Iterator[Path]:
    """Yield the paths of the pictures; each page is opened anew, so that it begins at its top."""
    from playwright.sync_api import sync_playwright

    sign_in, address = SIGN_IN.search(printed), PLAN.search(printed)
    assert sign_in and address, printed
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        kept = signed_in(browser, sign_in[0])
        options = {"viewport": SIZE, "color_scheme": scheme, "reduced_motion": "reduce"}
        context = browser.new_context(storage_state=kept, **options)
        for go in STATIONS:
            page = context.new_page()
            go(page, address[0])
            page.wait_for_timeout(500)
            path = out / f"tour-{go.__name__}-{scheme}.png"
            page.screenshot(path=path)
            yield path
        browser.close()


def _show(page: Any, selector: str) -> None:
    page.locator(selector).evaluate("node => node.scrollIntoView()")


if __name__ == "__main__":
    main()
