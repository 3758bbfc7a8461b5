"""Uses the image as a first operator would, from outside, in a network of its own.

    image_smoke.py ROOT CONFIG    (both as container.py takes them)

Serves with a read-only root and one volume, makes a person and a token, pushes by the API, follows
a plan, and stops the server in the middle of a request. Only /data may be written, not even /tmp.
"""

from __future__ import annotations

import fcntl
import http.client
import http.cookiejar
import json
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ENGINE = [sys.executable, str(Path(__file__).with_name("container.py"))]
ADDRESS = ("127.0.0.1", 8075)
BASE = "http://{}:{}".format(*ADDRESS)
EMAIL = "ada@example.com"
PATIENCE = 120.0  # seconds
DRAWN = (
    '<section data-anchor="flow"><h2>Flow</h2><pre class="pp-diagram" data-kind="mermaid">'
    "flowchart LR\n  a[Shop] --&gt; b[Queue]</pre></section>"
)
LONG = "<h1>Long</h1><h2>Words</h2><p>{}</p>".format("All of it arrives. " * 20_000)


class Image:
    """The image with one volume; every command of it is a container of its own."""

    def __init__(self, root: str, config: Path, volume: Path) -> None:
        self.root, self.volume, self.log = root, volume, volume.with_name("log")
        self.config: Any = json.loads(config.read_text())
        self.user = int(self.config["User"].split(":")[0])
        os.chown(volume, self.user, self.user)
        told = {"SECRET_KEY": secrets.token_hex(32), "BASE_URL": BASE}
        self.environment = os.environ | told | {"HANDED": " ".join(told)}

    def words(self, *words: str, entrypoint: list[str] | None = None) -> list[str]:
        """The call of the engine; another `entrypoint` as with `docker run --entrypoint`."""
        changed = self.config | ({} if entrypoint is None else {"Entrypoint": entrypoint})
        path = self.volume.with_name("config.json")
        path.write_text(json.dumps(changed))
        return [*ENGINE, self.root, str(path), str(self.volume), *words]

    def run(self, *words: str, entrypoint: list[str] | None = None) -> str:
        """What one command says."""
        call = self.words(*words, entrypoint=entrypoint)
        return subprocess.check_output(
            call, env=self.environment, timeout=PATIENCE, text=True
        ).strip()

    @contextmanager
    def served(self) -> Iterator[subprocess.Popen[bytes]]:
        """The image's own command, until it is ready and as long as it takes."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(self.words(), env=self.environment, stdout=log, stderr=log)
        try:
            wait_for(lambda: status("/readyz") == 200 or process.poll() is not None)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(PATIENCE)


def main() -> None:
    """Walk; what goes wrong ends with the server's log."""
    loopback()
    with tempfile.TemporaryDirectory() as scratch:
        volume = Path(scratch, "data")
        volume.mkdir(mode=0o700)
        image = Image(sys.argv[1], Path(sys.argv[2]), volume)
        try:
            walk(image)
        except BaseException:
            print(image.log.read_text() if image.log.exists() else "", file=sys.stderr)
            raise


def walk(image: Image) -> None:
    """All of it; a second server finds what the first was told."""
    assert image.user >= 1000, "it runs as a user of its own"
    with image.served() as server:
        _, python, *words = image.config["Healthcheck"]["Test"]
        image.run(*words, entrypoint=[python])
        image.run("user", "add", EMAIL, "--name", "Ada", "--role", "admin")
        token = image.run("token", "create", EMAIL, "--name", "smoke")
        drawn = push(token, "drawn", DRAWN)
        assert b"<svg" in ask("GET", f"/api/plans/{drawn}/document", token=token)[1]
        stop_midway(image, server, token, drawn)
    with image.served() as server:
        found, document = ask("GET", "/api/plans/long/document", token=token)
        assert found == 200 and document.count(b"All of it arrives.") == 20_000
        server.terminate()
        assert server.wait(PATIENCE) == 0
    driver = "import psycopg; print(psycopg.pq.__impl__)"
    assert image.run("-c", driver, entrypoint=["python"]) == "binary"
    print("image: a read-only root, one volume, nothing lost")


def stop_midway(image: Image, server: subprocess.Popen[bytes], token: str, slug: str) -> None:
    """Tell the server to stop while half a document is on its way and a page is open."""
    stream = followed(image.run("sign-in-link", EMAIL), slug)
    body, half = LONG.encode(), len(LONG) // 2
    connection = http.client.HTTPConnection(*ADDRESS, timeout=PATIENCE)
    connection.putrequest("POST", "/api/push?slug=long")
    for name, value in headers(token, body).items():
        connection.putheader(name, value)
    connection.endheaders(body[:half])
    time.sleep(1)  # the server has begun to read; were it later, it would only be easier
    server.send_signal(signal.SIGTERM)
    told = time.monotonic()
    wait_for(lambda: "Handling signal: term" in image.log.read_text())
    connection.send(body[half:])
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    code, took = server.wait(PATIENCE), time.monotonic() - told
    assert code == 0, f"ended with {code}"
    stream.read()  # ended, not broken: nobody had to be killed for it
    print(f"image: stopped {took:.1f} s after it was told, with a push and a stream open")


def followed(link: str, slug: str) -> http.client.HTTPResponse:
    """An open live stream of somebody signed in."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(cookies)
    browser.open(link, timeout=PATIENCE).close()
    stream: http.client.HTTPResponse = browser.open(f"{BASE}/p/{slug}/events", timeout=PATIENCE)
    assert stream.status == 200 and stream.readline()
    return stream


def push(token: str, slug: str, html: str) -> str:
    """Push a document; the address it got."""
    found, said = ask("POST", f"/api/push?slug={slug}&title=Smoke", token=token, body=html.encode())
    assert found == 201, said
    return str(json.loads(said)["plan"])


def ask(method: str, path: str, *, token: str = "", body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of one request."""
    connection = http.client.HTTPConnection(*ADDRESS, timeout=PATIENCE)
    try:
        connection.request(method, path, body, headers(token, body))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def headers(token: str, body: bytes | None) -> dict[str, str]:
    """Those of the API."""
    found = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        found |= {"Content-Type": "text/html", "Content-Length": str(len(body))}
    return found


def status(path: str) -> int:
    """The status of a page, 0 while nobody answers."""
    try:
        return ask("GET", path)[0]
    except OSError:
        return 0


def wait_for(found: Any) -> None:
    """Wait until it is so."""
    ends = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


def loopback() -> None:
    """Switch on the loopback of this new network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14s", b"lo", 0x49, b""))  # up, running


if __name__ == "__main__":
    main()
