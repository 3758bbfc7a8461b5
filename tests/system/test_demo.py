"""`planpush demo`: from an empty directory to a signed-in visitor, and again."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's directory: empty at first, kept between its runs."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    running = Demo(folder)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.mark.long
def test_the_printed_link_signs_in_once(demo: Demo) -> None:
    link = demo.find(LINK)
    assert link.startswith(demo.base)
    with requests.Session() as first, requests.Session() as second:
        landed = first.get(link, timeout=60)
        assert urlsplit(landed.url).path == "/dashboard"
        assert first.get(demo.find(PLAN), timeout=60).url == demo.find(PLAN)
        assert second.get(link, timeout=60).status_code == 403
        assert "/sign-in" in second.get(f"{demo.base}/dashboard", timeout=60).url


@pytest.mark.long
def test_a_second_run_keeps_the_data(demo: Demo, folder: Path) -> None:
    address = urlsplit(demo.find(PLAN)).path
    with requests.Session() as visitor:
        visitor.get(demo.find(LINK), timeout=60)
        visitor.headers["Origin"] = demo.base
        said = {"body": "Kept over a restart?"}
        answer = visitor.post(f"{demo.base}{address}/threads", data=said, timeout=60)
        assert answer.status_code == 200
    assert demo.stop() == 0
    again = Demo(folder)
    with requests.Session() as visitor:
        visitor.get(again.find(LINK), timeout=60)
        assert "Kept over a restart?" in visitor.get(again.find(PLAN), timeout=60).text
    assert again.stop() == 0


def test_the_secret_key_is_its_owners_only(demo: Demo, folder: Path) -> None:
    mode = (folder / "var" / "secret_key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert len((folder / "var" / "secret_key").read_text()) >= 32


@pytest.mark.long
def test_it_ends_cleanly_when_told_to(demo: Demo) -> None:
    assert demo.stop() == 0
    assert "Traceback" not in demo.printed.read_text()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{demo.base}/healthz", timeout=60)
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.process.pid, 0)


@pytest.mark.browser
def test_the_samples_open_without_an_error_in_a_browser(demo: Demo, chromium: Any) -> None:
    problems: list[str] = []
    context = chromium.new_context(base_url=demo.base)
    context.add_init_script(REPORT_VIOLATIONS)
    page = context.new_page()
    watch(page, demo.base, problems, ())
    page.goto(demo.find(LINK))
    page.goto(demo.find(PLAN))
    assert page.locator(".thread").count() >= 9
    said = page.locator(".answer .pill").all_inner_texts()
    assert {one.strip() for one in said} == {
        "Applied", "Said applied, text unchanged", "Declined", "Asks back",
    }  # fmt: skip
    page.goto("/p/auth-redesign?v=1&show=all")
    page.goto("/p/image-pipeline")
    page.goto("/dashboard")
    assert page.locator("tbody tr").count() == 2
    context.close()
    assert problems == []
