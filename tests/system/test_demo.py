"""`planpush demo`: from an empty directory to a signed-in visitor, and again."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.system.conftest import REPORT_VIOLATIONS, watch
from tests.system.serving import free_port, wait_for

LINK = re.compile(r"http://\S+/sign-in/local\?token=\S+")
PLAN = re.compile(r"http://\S+/p/[a-z0-9-]+")


class Demo:
    """A running demo, and what it printed before it served."""

    def __init__(self, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        self.printed, port = folder / "printed", free_port()
        self.base = f"http://127.0.0.1:{port}"
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "planpush", "demo"],
                cwd=folder,
                env=kept | {"PORT": str(port)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for(f"{self.base}/healthz", self.process)

    def find(self, pattern: re.Pattern[str]) -> str:
        found: list[str] = pattern.findall(self.printed.read_text())
        assert len(found) == 1, self.printed.read_text()
        return found[0]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.mark.browser
def test_from_an_empty_directory_to_a_second_run(tmp_path: Path, chromium: Any) -> None:
    demo = Demo(tmp_path)
    key = tmp_path / "var" / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and len(key.read_text()) >= 32
    assert demo.find(LINK).startswith(demo.base)
    look_around(demo, chromium)
    with requests.Session() as stranger:
        assert stranger.get(demo.find(LINK), timeout=60).status_code == 403  # it was used
        assert "/sign-in" in stranger.get(f"{demo.base}/dashboard", timeout=60).url
    assert demo.stop() == 0
    assert "Traceback" not in demo.printed.read_text()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{demo.base}/healthz", timeout=60)
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.process.pid, 0)
    again = Demo(tmp_path)
    with requests.Session() as visitor:
        visitor.get(again.find(LINK), timeout=60)
        assert "Kept over a restart?" in visitor.get(again.find(PLAN), timeout=60).text
    assert again.stop() == 0


def look_around(demo: Demo, chromium: Any) -> None:
    """Sign in by the link, open the samples without an error, and comment."""
    problems: list[str] = []
    context = chromium.new_context(base_url=demo.base)
    context.add_init_script(REPORT_VIOLATIONS)
    page = context.new_page()
    watch(page, demo.base, problems, ())
    page.goto(demo.find(LINK))
    assert urlsplit(page.url).path == "/dashboard"
    page.goto(demo.find(PLAN))
    assert page.locator(".thread").count() >= 9
    said = page.locator(".answer .pill").all_inner_texts()
    assert {one.strip() for one in said} == {
        "Applied", "Said applied, text unchanged", "Declined", "Asks back",
    }  # fmt: skip
    page.locator("#pp-whole").click()
    page.locator("#pp-new-body").fill("Kept over a restart?")
    page.locator("#pp-new-send").click()
    page.locator(".thread", has_text="Kept over a restart?").wait_for()
    page.goto("/p/auth-redesign?v=1&show=all")
    page.goto("/p/image-pipeline")
    page.goto("/dashboard")
    assert page.locator("tbody tr").count() == 2
    context.close()
    assert problems == []
