"""A planpush server in processes of its own, and people who come to it."""

from __future__ import annotations

import fcntl
import functools
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Any

import requests

from planpush import create_app
from planpush.accounts.sessions import SignInLink
from planpush.accounts.tokens import Token
from planpush.config import Config
from planpush.database.session import commit, db
from planpush.operations.migrations import migrate
from tests import launching
from tests.conftest import ON_POSTGRES, make_app, own_database
from tests.launching import Started
from tests.people import add_cast, person


class Server:
    """A server in a process group of its own. Its database is also open here, for set-up."""

    program = ""  # the module whose command serves; planpush's own starts without its imports

    def __init__(self, folder: Path, *, workers: int = 2, **env: str) -> None:
        self.port, self.folder = free_port(), folder
        self.base = f"http://127.0.0.1:{self.port}"
        url = f"sqlite:///{folder / 'planpush.db'}"
        if ON_POSTGRES:
            url = own_database(os.environ["PLANPUSH_TEST_POSTGRES"], f"planpush_{self.port}")
        elif not (folder / "planpush.db").exists():
            (folder / "planpush.db").write_bytes(migrated_file())
        ours = {"SECRET_KEY": "s" * 40, "DATA_DIR": str(folder), "DATABASE_URL": url}
        self.env = os.environ | ours | {"PORT": str(self.port), "RATE_LIMITS": "off"} | env
        self.app = create_app(Config.from_env(self.env))
        self.http, self.tokens, self.workers = requests.Session(), dict[str, str](), workers
        self.browsers: dict[Any, Any] = {}  # of people, kept open for one test after the other
        with self.app.app_context():
            migrate()
            add_cast()

    def start(self) -> Server:
        words = ("serve", "--workers", str(self.workers))
        with (self.folder / "server.log").open("ab") as log:
            self.process = self._started(words, log)
        wait_for(f"{self.base}/healthz", self.process)
        return self

    def _started(self, words: Sequence[str], log: IO[bytes]) -> Started | subprocess.Popen[bytes]:
        if not self.program:
            return launching.start(*words, env=self.env, out=log, session=True)
        command = [sys.executable, "-m", self.program, *words]
        return subprocess.Popen(command, env=self.env, stdout=log, stderr=log,
                                start_new_session=True)  # fmt: skip

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        with suppress(ProcessLookupError):  # a test killed it, and all of it has ended since
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.http.close()
        with self.app.app_context():
            db.engine.dispose()

    def link(self, name: str) -> str:
        with self.app.app_context():
            secret = SignInLink.issue(person(name))
            commit()
        return f"{self.base}/sign-in/local?token={secret}"

    def api(self, name: str, method: str, path: str, **options: Any) -> requests.Response:
        """Call the API as somebody's agent."""
        if name not in self.tokens:
            with self.app.app_context():
                self.tokens[name] = Token.issue(person(name), name="system")
                commit()
        sent = {"Authorization": f"Bearer {self.tokens[name]}"} | options.pop("headers", {})
        options = {"timeout": 60} | options
        return self.http.request(method, self.base + path, headers=sent, **options)

    def push(self, html: str | bytes, query: str, *, by: str = "alice") -> requests.Response:
        """Push a whole HTML document."""
        body = html.encode() if isinstance(html, str) else html
        headers = {"Content-Type": "text/html"}
        return self.api(by, "POST", f"/api/push?{query}", data=body, headers=headers)

    def threads(self, slug: str) -> list[Any]:
        return self.api("alice", "GET", f"/api/plans/{slug}/threads?state=all").json()["threads"]


class Visitor:
    """Somebody signed in whose browser runs no script: forms and redirects only."""

    def __init__(self, server: Server, name: str, http: requests.Session | None = None) -> None:
        self.base, self.http = server.base, http or requests.Session()
        self.http.headers["Origin"] = server.base  # as browsers do with every form
        self.http.get(server.link(name), timeout=60)

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.base + path, timeout=60)

    def post(self, path: str, **form: Any) -> requests.Response:
        return self.http.post(self.base + path, data=form, timeout=60, allow_redirects=False)


@functools.cache
def migrated_file() -> bytes:
    """A migrated database of SQLite, made once: each anew took as long as a server to start."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "planpush.db"
        with make_app(f"sqlite:///{path}", Path(folder)).app_context():
            migrate()
            db.session.remove()
            db.engine.dispose()
        return path.read_bytes()


def free_port() -> int:
    """Return a port that nobody listens on, and no other test process has been given.

    It lies below those that the system hands to connections, one of which may come between a look
    and the server's start; so may another test, but for the lock, which lasts as long as we do.
    """
    while True:
        port = random.randrange(8100, 9900)
        with suppress(OSError):
            lock = os.open(
                Path(gettempdir()) / f"planpush-test-port-{port}", os.O_RDWR | os.O_CREAT
            )
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    return port


def wait_for(address: str, process: Started | subprocess.Popen[bytes], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(address, timeout=2).close()
            return
        except (requests.ConnectionError, requests.Timeout):  # bound, but still booting
            time.sleep(0.05)
    raise AssertionError(f"nothing serves {address}; exit code {process.poll()}")
