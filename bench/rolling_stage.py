"""What bench.rolling needs: servers that come and go, a balancer, and a database of theirs.

The balancers run with docs/Caddyfile and docs/nginx.conf, but for names, ports and the certificate.
"""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.database.session import commit, db
from planpush.paths import ROOT
from planpush.versions.push import push_new
from planpush.versions.request import Push, SectionPush
from tests.people import person
from tests.system.serving import Server, free_port

PATIENCE = 120.0  # seconds for anything that is sure to come
SEEN = 1.5  # seconds until a balancer has seen that a server is back
HTML = '<section data-anchor="a"><h2>A</h2><p>{}</p></section>'
_SITE = "plans.example.com"
_UPSTREAMS = ("127.0.0.1:8075", "127.0.0.1:8076")
# As systemd hands a socket to a service: the third file, and whose it is.
_ACTIVATE = 'exec 3<&"$0"; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'


class Place:
    """A port with a server on it, that is started, stopped, replaced or killed."""

    def __init__(self, folder: Path, env: dict[str, str], port: int, workers: int = 1) -> None:
        self.log, self.port = folder / f"server-{port}.log", port
        self.base = f"http://127.0.0.1:{port}"
        self.env = env | {"PORT": str(port), "WORKER": "off"}
        self.command = [sys.executable, "-m", "planpush", "serve", "--workers", str(workers)]
        self.listener: socket.socket | None = None
        self.pid = 0

    def hold(self) -> None:
        """Listen here ourselves, as systemd does for a service with a socket."""
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=2048)

    def start(self) -> None:
        """Start a server and wait until it is ready."""
        command, files = self.command, ()
        if self.listener is not None:
            number = self.listener.fileno()
            command, files = ["/bin/sh", "-c", _ACTIVATE, str(number), *command], (number,)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.env, stdout=log, stderr=log, pass_fds=files,
                start_new_session=True,
            )  # fmt: skip
        self.pid = self.group = self.process.pid
        until(self.is_ready, f"a server on port {self.port}")

    def is_ready(self) -> bool:
        """Tell whether a server here would take requests."""
        try:
            return requests.get(f"{self.base}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def stop(self) -> float:
        """Tell the server to stop; return the seconds that it took."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        self._gone(self.pid)
        return time.monotonic() - began

    def replace(self) -> float:
        """Let the server start a new one in its place; return the seconds until it is alone."""
        began, old = time.monotonic(), self.pid
        os.kill(old, signal.SIGUSR2)
        self.pid = until(lambda: self._successor(old), "a new server")
        self._gone(old)
        return time.monotonic() - began

    def kill(self) -> None:
        """End all processes of the server at once, as a power cut would."""
        os.killpg(self.group, signal.SIGKILL)
        self._gone(self.pid)

    def close(self) -> None:
        """End whatever is left here."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.killpg(self.group, signal.SIGKILL)
            self._gone(self.pid)
            self.process.wait(PATIENCE)
        if self.listener is not None:
            self.listener.close()

    def _gone(self, pid: int) -> None:
        if pid == self.process.pid:
            self.process.wait(PATIENCE)
        until(lambda: is_gone(pid), "the end of a server")

    def _successor(self, old: int) -> int:
        """Return the process that a master started to take its place, 0 if there is none yet."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                told = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if parent == old and f"GUNICORN_PID={old}".encode() in told:
                return int(folder.name)
        return 0


class Town:
    """Two places, a balancer in front of them, one database, and people with plans."""

    def __init__(self, folder: Path, plans: int, **env: str) -> None:
        self.folder, self.port = folder, free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        told = {"TRUSTED_PROXIES": "1", "BASE_URL": self.base, "LOG_LEVEL": "INFO"} | env
        self.server = Server(folder, **told)
        ports = [self.server.port, free_port()]
        self.places = [Place(folder, dict(self.server.env), port) for port in ports]
        self.spare = free_port()
        self.worker: subprocess.Popen[bytes] | None = None
        self.slugs = [self._plan(n) for n in range(plans)]
        self.versions = dict.fromkeys(self.slugs, 1)
        with self.server.app.app_context():
            self.cookie = f"planpush={BrowserSession.start(person('alice'), provider='local')}"
            self.token = Token.issue(person("alice"), name="bench")
            commit()

    def _plan(self, number: int) -> str:
        with self.server.app.app_context():
            push = Push(
                [SectionPush("a", HTML.format("One"))], title=f"Plan {number}",
                wish=f"plan-{number}", visibility="published",
            )  # fmt: skip
            push_new(push, by=person("alice"))
            commit()
        return f"plan-{number}"

    def open(self) -> None:
        """Start the servers, and one worker for both."""
        command = [sys.executable, "-m", "planpush", "worker"]
        self.worker = self._run(command, "worker.log", dict(self.server.env))
        for place in self.places:
            place.start()

    @contextmanager
    def through(self, balancer: str) -> Iterator[None]:
        """Let a balancer, caddy or nginx, stand in front of them."""
        command = self._caddy() if balancer == "caddy" else self._nginx()
        process = self._run(command, f"{balancer}.log", self._home())
        try:
            until(self._answers, f"{balancer} on port {self.port}")
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def close(self) -> None:
        """End all of it."""
        if self.worker is not None:
            self.worker.terminate()
            self.worker.wait(PATIENCE)
        for place in self.places:
            place.close()
        self.server.http.close()
        with self.server.app.app_context():
            db.engine.dispose()

    def _run(self, command: list[str], log: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as out:
            return subprocess.Popen(command, env=env, stdout=out, stderr=out)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.base}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def _home(self) -> dict[str, str]:
        """Return an environment in which Caddy keeps to our folder and listens nowhere else."""
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
        return dict(os.environ) | home | {"CADDY_ADMIN": f"unix/{self.folder}/admin.sock"}

    def _caddy(self) -> list[str]:
        site = f"http://127.0.0.1:{self.port} {{\n\tbind 127.0.0.1"
        path = self._adapted("Caddyfile", {f"{{$BASE_URL:{_SITE}}} {{": site})
        return ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]

    def _nginx(self) -> list[str]:
        changes = {"listen 443 ssl;": f"listen 127.0.0.1:{self.port};"}
        changes |= {"    ssl_certificate": "    # ssl_certificate"}
        path = self._adapted("nginx.conf", changes)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        lines = [f"{kind}_temp_path {self.folder}/nginx-{kind};" for kind in kinds]
        lines += ["access_log off;", f"include {path};"]
        main = self.folder / "nginx-main.conf"
        main.write_text(
            f"daemon off; user {pwd.getpwuid(os.getuid()).pw_name}; pid {self.folder}/nginx.pid;\n"
            "worker_processes 1; error_log stderr; events { worker_connections 1024; }\n"
            f"http {{ {' '.join(lines)} }}\n"
        )
        return ["nginx", "-p", str(self.folder), "-e", "stderr", "-c", str(main)]

    def _adapted(self, name: str, changes: dict[str, str]) -> Path:
        text = (ROOT / "docs" / name).read_text()
        ours = [f"127.0.0.1:{place.port}" for place in self.places]
        for old, new in (changes | dict(zip(_UPSTREAMS, ours, strict=True))).items():
            assert old in text, old
            text = text.replace(old, new)
        path = self.folder / name
        path.write_text(text)
        return path


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def until(found: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Return what `found` returns once it is something."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if got := found():
            return got
        time.sleep(0.05)
    raise AssertionError(f"{what} never came")
