"""Pictures of a demo for the README: `python -m bench.screenshots OUT`.

Serves a demo from a temporary directory, signs in by its link, and writes plan, dashboard and the
pages about people in light, in dark and on a phone; `OUT/full` gets the whole plan and the whole
vocabulary in pieces that can be read. Needs Chromium on the PATH and playwright.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
DRESSES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "color_scheme": "light"},
}
PIECE = 1600
PAGES = {
    "dashboard": "/dashboard",
    "profile": "/settings/profile",
    "sessions": "/settings/sessions",
    "tokens": "/settings/tokens",
    "members": "/admin/members",
    "roles": "/admin/roles",
    "integrations": "/admin/integrations",
    "audit": "/admin/audit",
    "settings": "/admin/settings",
}
SIGN_IN = re.compile(r"http://\S+/sign-in/local\?token=\S+")
PLAN = re.compile(r"http://[^\s/]+/p/[a-z0-9-]+")


def main() -> None:
    """Take the pictures and print where they are."""
    if len(sys.argv) != 2:
        sys.exit("say where to: python -m bench.screenshots OUT")
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with demo() as printed:
        for path in take(printed, out):
            print(path)


@contextmanager
def demo() -> Iterator[str]:
    """Serve a demo; yield what it printed. Its process group ends with this context."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        printed = Path(folder) / "printed"
        with printed.open("wb") as output:
            server = subprocess.Popen(
                [sys.executable, "-m", "planpush", "demo"],
                env=os.environ | {"PORT": str(port), "DATA_DIR": f"{folder}/var"},
                stdout=output,
                stderr=output,
            )
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", server)
            yield printed.read_text()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Ask until the address answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"the demo does not serve; its exit code: {server.poll()}")


def take(printed: str, out: Path) -> Iterator[Path]:
    """Take every page in every dress; yield the paths of the pictures."""
    from playwright.sync_api import sync_playwright

    sign_in, plan = SIGN_IN.search(printed), PLAN.search(printed)
    if sign_in is None or plan is None:
        sys.exit("the demo printed no sign-in link or no plan's address")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(QUIET)
        )
        kept = signed_in(browser, sign_in[0])
        start = "{0.scheme}://{0.netloc}".format(urlsplit(plan[0]))
        for dress, options in DRESSES.items():
            page = browser.new_context(storage_state=kept, **options).new_page()
            for name, address in {"plan": plan[0], **PAGES}.items():
                page.goto(address if name == "plan" else start + address, wait_until="load")
                page.wait_for_timeout(300)
                path = out / f"{name}-{dress}.png"
                page.screenshot(path=path)
                yield path
            for name, address in (("plan", plan[0]), ("vocabulary", f"{start}/docs/vocabulary")):
                page.goto(address, wait_until="load")
                page.wait_for_timeout(300)
                yield from whole(page, out / "full", f"{name}-{dress}")
        browser.close()


DRAWN = """() => {
  const sections = document.querySelectorAll("#pp-doc > *");
  for (const one of sections) one.style.contentVisibility = "visible";
}"""  # far-off sections are not drawn, but in a picture of the whole page they are not far off


def whole(page: Any, out: Path, name: str) -> Iterator[Path]:
    """Take a page from top to bottom, in pieces of PIECE pixels."""
    out.mkdir(exist_ok=True)
    page.evaluate(DRAWN)
    width = page.viewport_size["width"]
    height = page.evaluate("document.scrollingElement.scrollHeight")
    for number, top in enumerate(range(0, height, PIECE), 1):
        path = out / f"{name}-{number:02}.png"
        clip = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)}
        page.screenshot(path=path, full_page=True, clip=clip)
        yield path


def signed_in(browser: Any, link: str) -> Any:
    """Use the single-use link; return the cookies that it leaves."""
    context = browser.new_context()
    context.new_page().goto(link)
    return context.storage_state()


if __name__ == "__main__":
    main()
