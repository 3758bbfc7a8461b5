"""The screenshots in docs/pictures: `python -m bench pictures [--out FOLDER]`.

Serves a demo and takes the plan and the dashboard in light, in dark and on a phone, then the steps
of docs/tour.md in light and in dark. Needs Chromium on the PATH.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.harness import options
from planpush.config import environment
from planpush.paths import ROOT
from tests.system.serving import free_port, wait_for
from tests.system.test_selection import SELECT

FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--font-render-hinting=none")  # fmt: skip
WIDE = {"width": 1440, "height": 900}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "color_scheme": "light"},
}
TOUR = {"viewport": {"width": 1280, "height": 760}, "reduced_motion": "reduce"}
SELECTED = "The gateway reads session cookies again"
COMMENT = "How long does that take? Can we do it at night without asking first?"
SIGN_IN = re.compile(r"http://\S+/sign-in/local\?token=\S+")
PLAN = re.compile(r"http://[^\s/]+/p/[a-z0-9-]+")


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """Serve a demo; yield its sign-in link and the address of the sample plan."""
    with tempfile.TemporaryDirectory() as folder:
        printed, port = Path(folder) / "printed", free_port()
        env = environment(PORT=port, DATA_DIR=f"{folder}/var")
        with printed.open("wb") as output:
            command = [sys.executable, "-m", "planpush", "demo"]
            server = subprocess.Popen(command, env=env, stdout=output, stderr=output)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", server)
            text = printed.read_text()
            sign_in, plan = SIGN_IN.search(text), PLAN.search(text)
            assert sign_in and plan, text
            yield sign_in[0], plan[0]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def show(page: Any, selector: str) -> None:
    """Scroll to an element."""
    page.locator(selector).evaluate("node => node.scrollIntoView()")


def plan(page: Any, address: str) -> None:
    """Show the document at a diagram."""
    page.goto(address, wait_until="load")
    show(page, "#s-token-refresh")


def comment(page: Any, address: str) -> None:
    """Write a comment on some words; don't send it."""
    page.goto(address, wait_until="load")
    show(page, "#s-rollback")
    page.evaluate(SELECT, [SELECTED])
    page.locator("#pp-say-button").click()
    page.locator("#pp-new-body").fill(COMMENT)


def answers(page: Any, address: str) -> None:
    """Show what the agent answered."""
    page.goto(f"{address}#t7", wait_until="load")
    page.locator("#t7").evaluate("node => node.scrollIntoView({block: 'center'})")


def compare(page: Any, address: str) -> None:
    """Show two versions as one document."""
    page.goto(f"{address}/compare?from=2&to=3", wait_until="load")
    show(page, "#s-key-decisions")


def turn(page: Any, address: str) -> None:
    """Show what needs attention."""
    page.goto(address.partition("/p/")[0] + "/dashboard", wait_until="load")


# The comment comes last, because its draft is kept.
STEPS: tuple[Callable[[Any, str], None], ...] = (plan, answers, compare, turn, comment)


def pages(browser: Any, link: str, address: str) -> Iterator[tuple[str, Any]]:
    """Yield each page and the name of its picture."""
    context = browser.new_context()
    context.new_page().goto(link)
    signed_in = context.storage_state()
    for look, setup in LOOKS.items():
        page = browser.new_context(storage_state=signed_in, **setup).new_page()
        dashboard = address.partition("/p/")[0] + "/dashboard"
        for name, where in (("plan", address), ("dashboard", dashboard)):
            page.goto(where, wait_until="load")
            yield f"{name}-{look}", page
    for step in STEPS:
        for scheme in ("light", "dark"):
            context = browser.new_context(storage_state=signed_in, color_scheme=scheme, **TOUR)
            page = context.new_page()
            step(page, address)
            yield f"tour-{step.__name__}-{scheme}", page
            context.close()


def main(given: Sequence[str] | None = None) -> int:
    """Take the pictures and print where they are."""
    from playwright.sync_api import sync_playwright

    parser = options(__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    out = parser.parse_args(given).out
    out.mkdir(parents=True, exist_ok=True)
    with demo() as (link, address), sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for name, page in pages(browser, link, address):
            page.wait_for_timeout(500)
            page.screenshot(path=out / f"{name}.png")
            print(out / f"{name}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
