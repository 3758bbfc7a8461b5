"""Starts a command that serves the demo and uses it as its first visitor would.

    demo_walk.py SECONDS COMMAND…

The command must serve within SECONDS. The sign-in link and the plan's address are taken from what
it prints; the plan's page must be there, with every browser library it names in its exact bytes.
"""

from __future__ import annotations

import base64
import hashlib
import http.cookiejar
import json
import os
import queue
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import IO

SIGN_IN = re.compile(r"http://\S+/sign-in/local\?token=[\w.~%-]+")
PLAN = re.compile(r"http://[^\s/]+/p/[a-z0-9-]+")
SCRIPT = re.compile(r"<script\b[^>]*>")
LIBRARY = re.compile(r"/static/at/\w+/vendor/")
GOAL = 120  # seconds from a clean checkout
ATTRIBUTE = re.compile(r'\b(src|integrity)="([^"]*)"')


def main() -> None:
    """Serve, walk, and end that one process group whatever came of it."""
    patience, command = float(sys.argv[1]), sys.argv[2:]
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {"PORT": str(port), "DATA_DIR": data, "PYTHONUNBUFFERED": "1"}
        started = time.monotonic()
        server = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            walk(server, port, started + patience)
            taken = time.monotonic() - started
            print(f"demo: served and walked in {taken:.1f} s")
            if taken > GOAL:
                print(f"demo: the goal is {GOAL} s", file=sys.stderr)
        finally:
            end(server)


def walk(server: subprocess.Popen[bytes], port: int, deadline: float) -> None:
    """Healthy, signed in by the printed link, the plan open, its scripts served as promised."""
    assert server.stdout
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=copy_lines, args=(server.stdout, lines), daemon=True).start()
    wait_for(f"http://127.0.0.1:{port}/healthz", server, deadline)
    sign_in, plan = printed_links(lines)
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    landed = browser.open(sign_in[0], timeout=20).geturl()
    if "/sign-in" in urllib.parse.urlsplit(landed).path:
        sys.exit(f"demo: the sign-in link led to {landed}")
    page = browser.open(plan[0], timeout=20)
    if page.geturl() != plan[0]:
        sys.exit(f"demo: the plan's address led to {page.geturl()}")
    print(f"demo: {check_libraries(browser, plan[0], page.read().decode())} libraries intact")
    print(f"demo: hands out its plugin, {check_plugin(browser, plan[0])} bytes")


def printed_links(lines: queue.SimpleQueue[str]) -> tuple[re.Match[str], re.Match[str]]:
    """Return the sign-in link and the plan's address, printed before the demo serves."""
    printed, ends = "", time.monotonic() + 20  # the reading thread may lag behind
    while True:
        sign_in, plan = SIGN_IN.search(printed), PLAN.search(printed)
        if sign_in and plan:
            return sign_in, plan
        try:
            printed += lines.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            sys.exit("demo: printed no sign-in link or no plan's address")


def check_plugin(browser: urllib.request.OpenerDirector, base: str) -> int:
    """Return the size of the plugin's archive; its hash must be the one that is promised."""
    listed = browser.open(urllib.parse.urljoin(base, "/plugin/marketplace.json"), timeout=20)
    source = json.load(listed)["plugins"][0]["source"]
    archive: bytes = browser.open(source["url"], timeout=20).read()
    if hashlib.sha256(archive).hexdigest() != source["sha256"]:
        sys.exit("demo: the plugin's archive is not the one that the marketplace file names")
    return len(archive)


def check_libraries(browser: urllib.request.OpenerDirector, base: str, html: str) -> int:
    """Fetch every vendored script the page names and compare it with its integrity attribute."""
    scripts = [dict(ATTRIBUTE.findall(tag)) for tag in SCRIPT.findall(html)]
    vendored = [script for script in scripts if LIBRARY.search(script.get("src", ""))]
    for script in vendored:
        body = browser.open(urllib.parse.urljoin(base, script["src"]), timeout=20).read()
        digest = base64.b64encode(hashlib.sha384(body).digest()).decode()
        if script.get("integrity") != f"sha384-{digest}":
            sys.exit(f"demo: {script['src']} is not what its integrity attribute promises")
    if not vendored:
        sys.exit("demo: the plan's page loads no vendored library")
    return len(vendored)


def wait_for(address: str, server: subprocess.Popen[bytes], deadline: float) -> None:
    """Ask until the address answers 200; give up when the server ends or the time is over."""
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"demo: nothing served at {address} (exit code of the command: {server.poll()})")


def copy_lines(source: IO[bytes], lines: queue.SimpleQueue[str]) -> None:
    """Show what the command prints and keep it for the walk."""
    for raw in source:
        line = raw.decode(errors="replace")
        sys.stdout.write(f"  | {line}")
        sys.stdout.flush()
        lines.put(line)


def end(server: subprocess.Popen[bytes]) -> None:
    """Ask the command's own process group to stop, then insist."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, signal_number)
            server.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def free_port() -> int:
    """A loopback port that nobody listens on right now, and that no connection is given."""
    while True:
        port = random.randrange(5500, 7900)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


if __name__ == "__main__":
    main()
