"""The npm package `emulate`: GitHub, Okta and Slack on this machine, written by nobody here."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from tests.system.serving import wait_for

PROGRAM = Path(__file__).parents[2] / "node_modules/.bin/emulate"


@contextmanager
def emulating(folder: Path, service: str, port: int, seed: dict[str, Any]) -> Iterator[str]:
    """Run one service, in a process group of its own, until the block ends; give its address.

    It listens on all interfaces, and has no setting for that.
    """
    if not PROGRAM.exists() or not shutil.which("node"):
        pytest.skip("emulate is not installed: npm ci brings it")
    (folder / "seed.json").write_text(json.dumps({service: seed}))
    command = [PROGRAM, "start", "-s", service, "-p", str(port), "--seed", folder / "seed.json"]
    base = f"http://127.0.0.1:{port}"
    with (folder / "emulate.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )  # fmt: skip
    try:
        wait_for(base, process)
        yield base
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def choose(http: requests.Session, page: requests.Response, login: str) -> str:
    """Press somebody's button on the consent page; return where it leads."""
    assert page.status_code == 200, page.text
    for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL):
        fields = re.findall(r'name="(\w+)"\s+value="([^"]*)"', form)
        data = {name: html.unescape(value) for name, value in fields}
        if login in data.values():
            action = html.unescape(re.search(r'action="([^"]+)"', form)[1])
            target = urljoin(page.url, action)
            answer = http.post(target, data=data, timeout=60, allow_redirects=False)
            assert answer.status_code in (302, 303), answer.text
            return answer.headers["Location"]
    raise AssertionError(f"{login} is not on the page")
