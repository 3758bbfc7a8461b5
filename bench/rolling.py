"""Restarts that nobody notices: `python -m bench rolling [--balancer caddy] [--requests N]`.

Two servers on one database behind nginx (or Caddy) are restarted in turn, twice, while 16 clients
send 10,000 requests and pages listen. Fails if a request failed, an acknowledged comment is
missing, a page missed an event or received it more than a second late, or a server took longer than
5 seconds to stop. Uses PostgreSQL if `PLANPUSH_TEST_DATABASE` says so.
"""

from __future__ import annotations

import os
import pwd
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from bench.harness import is_smoke, options
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.comments.comment import Comment
from planpush.database.session import commit, db
from planpush.events.event import Event
from planpush.paths import ROOT
from planpush.plans.plan import Plan
from planpush.versions.push import push_new
from planpush.versions.request import Push, SectionPush
from tests.people import person
from tests.system.serving import Server, free_port

REQUESTS, CLIENTS, ROUNDS, PAGES, COMMENTS = 10_000, 16, 2, 8, 25
MOST_SECONDS, MOST_STOP = 1.0, 5.0
PATIENCE = 120.0  # seconds for anything that is sure to come
SEEN = 1.5  # seconds until a balancer notices that a server is back
HTML = '<section data-anchor="a"><h2>A</h2><p>{}</p></section>'
UPSTREAMS = ("127.0.0.1:8075", "127.0.0.1:8076")  # in docs/nginx.conf and docs/Caddyfile


@dataclass
class Result:
    """What came of a stage: what must never happen, and what took too long."""

    wrong: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)

    def expect(self, true: object, otherwise: str) -> None:
        """Note what must never happen."""
        if not true:
            self.wrong.append(otherwise)

    def took(self, what: str, seconds: float, most: float | None = None) -> None:
        """Print how long something took."""
        goal = "" if most is None else f"≤ {most:g} s"
        print(f"| {what:36} | {seconds:7.3f} s | {goal} |", flush=True)
        if most is not None and seconds > most:
            self.slow.append(f"{what}: {seconds:.3f} s")


class Place:
    """A port on which a server is started and stopped."""

    def __init__(self, folder: Path, env: dict[str, str], port: int) -> None:
        self.log, self.port = folder / f"server-{port}.log", port
        self.base = f"http://127.0.0.1:{port}"
        self.env = env | {"PORT": str(port), "WORKER": "off"}
        self.pid = 0

    def start(self) -> None:
        """Start a server and wait until it is ready."""
        command = [sys.executable, "-m", "planpush", "serve", "--workers", "1"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self.process.pid
        until(self.is_ready, f"a server on port {self.port}")

    def is_ready(self) -> bool:
        """Tell whether a server here takes requests."""
        return answers(self.base)

    def stop(self) -> float:
        """Stop the server; return the seconds that it took."""
        begun = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        self.wait_for_end(self.pid)
        return time.monotonic() - begun

    def close(self) -> None:
        """End whatever is left here."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.wait_for_end(self.pid)
            self.process.wait(PATIENCE)

    def wait_for_end(self, pid: int) -> None:
        """Wait until a server process has ended."""
        if pid == self.process.pid:
            self.process.wait(PATIENCE)
        until(lambda: has_ended(pid), "the end of a server")


class Town:
    """Two servers and a worker on one database, a balancer in front, and plans of Alice's."""

    def __init__(self, folder: Path, plans: int) -> None:
        self.folder, self.port = folder, free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        env = {"TRUSTED_PROXIES": "1", "BASE_URL": self.base, "LOG_LEVEL": "INFO"}
        self.server = Server(folder, **env)
        self.places = [Place(folder, dict(self.server.env), free_port()) for _ in range(2)]
        self.spare = free_port()
        self.worker: subprocess.Popen[bytes] | None = None
        self.slugs = [f"plan-{n}" for n in range(plans)]
        self.versions = dict.fromkeys(self.slugs, 1)
        with self.server.app.app_context():
            for slug in self.slugs:
                parts = [SectionPush("a", HTML.format("One"))]
                push = Push(parts, title=slug, wish=slug, visibility="published")
                push_new(push, by=person("alice"))
                commit()
            self.cookie = f"planpush={BrowserSession.start(person('alice'), provider='local')}"
            self.token = Token.issue(person("alice"), name="bench")
            commit()

    def open(self) -> None:
        """Start the servers, and one worker for both."""
        command = [sys.executable, "-m", "planpush", "worker"]
        self.worker = self._run(command, "worker.log", dict(self.server.env))
        for place in self.places:
            place.start()

    @contextmanager
    def through(self, balancer: str) -> Iterator[None]:
        """Put a balancer, caddy or nginx, in front of the servers."""
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
        env = dict(os.environ) | home | {"CADDY_ADMIN": f"unix/{self.folder}/admin.sock"}
        command = self._caddy() if balancer == "caddy" else self._nginx()
        process = self._run(command, f"{balancer}.log", env)
        try:
            until(lambda: answers(self.base), f"{balancer} on port {self.port}")
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

    def newest(self, slug: str = "") -> int:
        """Return the id of the newest event, of one plan or of all."""
        with self.server.app.app_context():
            plan_id = db.session.scalar(sa.select(Plan.id).where(Plan.slug == slug))
            return Event.newest(plan_id) if plan_id else Event.newest_of_all()

    def _run(self, command: list[str], log: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as out:
            return subprocess.Popen(command, env=env, stdout=out, stderr=out)

    def _caddy(self) -> list[str]:
        site = f"http://127.0.0.1:{self.port} {{\n\tbind 127.0.0.1"
        path = self._adapted("Caddyfile", {"{$BASE_URL:plans.example.com} {": site})
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
        """Copy a balancer's file from docs/ with other names and ports."""
        text = (ROOT / "docs" / name).read_text()
        ours = [f"127.0.0.1:{place.port}" for place in self.places]
        for old, new in (changes | dict(zip(UPSTREAMS, ours, strict=True))).items():
            assert old in text, old
            text = text.replace(old, new)
        path = self.folder / name
        path.write_text(text)
        return path


class Load:
    """Clients that read, comment and push. Nothing is sent twice."""

    def __init__(self, town: Town, base: str, clients: int, wanted: int) -> None:
        self.town, self.base, self.wanted, self.count = town, base, wanted, 0
        self.kinds, self.errors, self.comments = Counter[str](), list[str](), set[str]()
        self.lock, self.over = threading.Lock(), threading.Event()
        self.pool = ThreadPoolExecutor(clients)
        self.threads = [self.pool.submit(self._client, n) for n in range(clients)]

    def reached(self, count: int) -> None:
        """Wait until that many requests were sent."""
        until(lambda: self.count >= count, f"request {count:,}", 10 * PATIENCE)

    def finish(self, result: Result) -> None:
        """Wait until there were enough requests; none may have failed, and no comment be lost."""
        self.over.set()
        for thread in self.threads:
            thread.result(10 * PATIENCE)
        self.pool.shutdown()
        with self.town.server.app.app_context():
            found = Counter(db.session.scalars(sa.select(Comment.kept)))
        lost = [body for body in self.comments if found[body] != 1]
        kinds = ", ".join(f"{self.kinds[kind]:,} × {kind}" for kind in sorted(self.kinds))
        print(f"| {self.count:,} requests ({kinds}) | {len(self.errors)} errors | 0 |", flush=True)
        result.expect(not self.errors, f"{len(self.errors)} errors: {self.errors[:5]}")
        result.expect(not lost, f"{len(lost)} acknowledged comments are not stored exactly once")

    def _client(self, number: int) -> None:
        turn, slug = number, self.town.slugs[number % len(self.town.slugs)]
        headers = {"Authorization": f"Bearer {self.town.token}"}
        with requests.Session() as http:
            http.trust_env = False
            while self.count < self.wanted or not self.over.is_set():
                kind, method, path, body = self._request(turn, slug)
                turn += 1
                cookie = {"Cookie": self.town.cookie} if path.startswith("/p/") else headers
                with self.lock:
                    self.count += 1
                try:
                    answer = http.request(
                        method, self.base + path, json=body, headers=cookie, timeout=PATIENCE
                    )
                    self._note(kind, slug, body, answer)
                except requests.RequestException as error:
                    self.errors.append(f"{kind}: {error!r:.200}")

    def _request(self, turn: int, slug: str) -> tuple[str, str, str, Any]:
        """Return one request: of twenty, one is a push, five are comments, the others read."""
        if turn % 20 == 0:
            parts = [{"anchor": "a", "html": HTML.format(f"Words {random.random()}")}]
            body = {"plan": slug, "base_version": self.town.versions[slug], "sections": parts}
            return "push", "POST", "/api/push", body
        if turn % 20 <= 5:
            body = {"anchor": "a", "body": f"comment {uuid.uuid4()}"}
            return "comment", "POST", f"/api/plans/{slug}/threads", body
        return "read", "GET", f"/p/{slug}" if turn % 2 else f"/api/plans/{slug}", None

    def _note(self, kind: str, slug: str, body: Any, answer: requests.Response) -> None:
        with self.lock:
            if answer.status_code not in {"push": (200, 201), "comment": (201,)}.get(kind, (200,)):
                self.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")
                return
            self.kinds[kind] += 1
            if kind == "comment":
                self.comments.add(body["body"])
            elif kind == "push":
                self.town.versions[slug] = answer.json()["version"]


class Page(threading.Thread):
    """A page that listens to the stream of a plan as a browser does, and reconnects."""

    def __init__(self, town: Town, base: str, slug: str) -> None:
        super().__init__(daemon=True)
        self.town, self.address = town, f"{base}/p/{slug}/events"
        self.received: list[tuple[int, float]] = []
        self.delay, self.opened, self.retries = 2.0, 0, list[float]()
        self.known = self.since = town.newest()
        self.over, self.joined = threading.Event(), threading.Event()

    def run(self) -> None:
        """Listen until told to stop."""
        while not self.over.is_set():
            with suppress(requests.RequestException):
                self._listen()
            self.joined.clear()
            self.over.wait(self.delay)

    def _listen(self) -> None:
        headers, address = {"Cookie": self.town.cookie}, f"{self.address}?since={self.since}"
        if self.known > self.since:
            headers["Last-Event-ID"] = str(self.known)
        with requests.get(address, headers=headers, stream=True, timeout=PATIENCE) as answer:
            answer.raise_for_status()
            self.opened += 1
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                self.joined.set()
                if found := re.match(r"^id: (\d+)$", line):
                    self.known = max(self.known, int(found[1]))
                    self.received.append((int(found[1]), time.monotonic()))
                elif found := re.match(r"^retry: (\d+)$", line):
                    self.delay = int(found[1]) / 1000
                    self.retries.append(self.delay)
                if self.over.is_set():
                    return

    def when(self, event_id: int) -> float:
        """Return when it received an event, infinity if it hasn't yet."""
        found = (at for known, at in list(self.received) if known >= event_id)
        return next(found, float("inf"))


@contextmanager
def pages(town: Town, base: str, slug: str, count: int) -> Iterator[list[Page]]:
    """Open pages of a plan, and close them."""
    found = [Page(town, base, slug) for _ in range(count)]
    for page in found:
        page.start()
    until(lambda: all(page.joined.is_set() for page in found), "a stream")
    try:
        yield found
    finally:
        for page in found:
            page.over.set()


def across(town: Town, result: Result, told: int = COMMENTS) -> None:
    """Comment on one server, and listen on the other."""
    first, second = town.places
    slug, late, headers = town.slugs[-1], list[float](), {"Authorization": f"Bearer {town.token}"}
    for here, there in ((first, second), (second, first)):
        with pages(town, there.base, slug, PAGES) as listening:
            for number in range(told):
                address = f"{here.base}/api/plans/{slug}/threads"
                body = {"anchor": "a", "body": f"across {here.port} {number}"}
                answer = requests.post(address, json=body, headers=headers, timeout=PATIENCE)
                assert answer.status_code == 201, answer.text
                at, event_id = time.monotonic(), town.newest(slug)
                received(listening, event_id)
                late += [page.when(event_id) - at for page in listening]
    late.sort()
    result.took("event on the other server, median", late[len(late) // 2])
    result.took("event on the other server, last", late[-1], MOST_SECONDS)


def received(listening: list[Page], event_id: int) -> None:
    """Wait until all pages have received an event."""
    until(lambda: all(page.when(event_id) < float("inf") for page in listening), "an event")


def rolling(town: Town, result: Result, wanted: int, clients: int) -> None:
    """Restart each server in turn while requests come through the balancer."""
    slug, turns = town.slugs[0], ROUNDS * len(town.places)
    with pages(town, town.base, slug, PAGES) as listening:
        load = Load(town, town.base, clients, wanted)
        for turn in range(turns):
            place = town.places[turn % len(town.places)]
            load.reached(wanted * turn // turns)
            result.took(f"stop of server {turn % 2 + 1}", place.stop(), MOST_STOP)
            place.start()
            time.sleep(SEEN)
        load.finish(result)
        received(listening, town.newest(slug))
        delays = {delay for page in listening if page.opened > 1 for delay in page.retries} - {2.0}
        result.expect(len(delays) > 1, "all pages reconnected at the same time")


def answers(base: str) -> bool:
    """Tell whether a server takes requests."""
    try:
        return requests.get(f"{base}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def has_ended(pid: int) -> bool:
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


def main(given: Sequence[str] | None = None) -> int:
    """Run every stage; return 1 if a goal is missed."""
    parser = options(__doc__)
    parser.add_argument("--balancer", choices=("nginx", "caddy"), default="nginx")
    parser.add_argument("--requests", type=int, default=200 if is_smoke() else REQUESTS)
    parser.add_argument("--clients", type=int, default=4 if is_smoke() else CLIENTS)
    asked, result = parser.parse_args(given), Result()
    wanted, clients = asked.requests, asked.clients
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder), clients + 1)
        try:
            town.open()
            with town.through(asked.balancer):
                print("| what | measured | goal |\n|---|--:|---|")
                across(town, result)
                rolling(town, result, wanted, clients)
        finally:
            town.close()
    for line in (*result.wrong, *result.slow):
        print(f"MISSED: {line}")
    return 1 if result.wrong or (result.slow and not is_smoke()) else 0


if __name__ == "__main__":
    sys.exit(main())
