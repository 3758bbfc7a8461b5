"""The stage of a fault: a server that is started again when it ends, as systemd or Docker does."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from bench.faults.table import Table
from planpush import create_app
from planpush.config import Config
from planpush.database.session import db
from tests.system.serving import Server
from tests.system.test_durability import NOTHING_HALF

PLANS = ("plan-0", "plan-1")
WORDS = ("Words that were acknowledged. " * 20).strip()


class Stage(Server):
    """A server, who keeps it running, and what people do on it."""

    def __init__(self, folder: Path, url: str = "", *, workers: int = 2, **env: str) -> None:
        if url:
            env["DATABASE_URL"] = url
        super().__init__(folder, workers=workers, **env)
        self.comments, self.versions = set[str](), set[tuple[str, int]]()
        self.statuses: dict[str, int] = {}
        self.over, self.kept_up = threading.Event(), threading.Event()
        self.threads_of_ours = list[threading.Thread]()
        self.starts = 0

    def open(self) -> Stage:
        """Start it, keep it up from now on, and push the plans."""
        self.start()
        self.kept_up.set()
        self._run(self._keep_up)
        for slug in PLANS:
            self.try_push(slug, None)
        return self

    def _keep_up(self) -> None:
        while not self.over.wait(0.2):
            if self.kept_up.is_set() and self.process.poll() is not None:
                self.starts += 1
                try:
                    self.start()
                except AssertionError:
                    continue

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self.threads_of_ours.append(thread)
        thread.start()

    def storm(self, clients: int = 6, pause: float = 0.0) -> None:
        """Let people comment and push until the end, whatever they are answered."""
        for n in range(clients):
            self._run(lambda n=n: self._commenting(n, pause))  # type: ignore[misc]
        for slug in PLANS:
            self._run(lambda slug=slug: self._pushing(slug, pause))  # type: ignore[misc]

    def _commenting(self, who: int, pause: float) -> None:
        said = 0
        with requests.Session() as http:
            while not self.over.wait(pause):
                said += 1
                body = f"{who} said {said}. {WORDS}"
                path = f"/api/plans/{PLANS[who % 2]}/threads"
                status = self.call(http, "POST", path, json={"anchor": "one", "body": body})
                if status == 201:
                    self.comments.add(body)
                elif status != 429:
                    time.sleep(0.1)

    def _pushing(self, slug: str, pause: float) -> None:
        while not self.over.is_set():
            try:
                base = self.api("alice", "GET", f"/api/plans/{slug}", timeout=40).json()["version"]
            except (requests.RequestException, KeyError, ValueError):
                time.sleep(0.2)
                continue
            self.try_push(slug, base)
            time.sleep(0.05 + pause)

    def try_push(self, slug: str, base: int | None) -> None:
        """Push three sections; note what is acknowledged."""
        mark = f"{time.monotonic()}"
        sections = [
            {"anchor": n, "html": f"<section><h2>{n}</h2><p>{mark} {n}</p></section>"}
            for n in ("one", "two", "three")
        ]
        body: dict[str, Any] = {"sections": sections, "visibility": "published"}
        body |= {"plan": slug, "base_version": base} if base else {"slug": slug, "title": slug}
        with requests.Session() as http:
            if self.call(http, "POST", "/api/push", json=body) == 201:
                self.versions.add((slug, (base or 0) + 1))

    def call(self, http: requests.Session, method: str, path: str, **options: Any) -> int:
        """Ask as alice; return the status, 0 for no answer, and count it."""
        if "alice" not in self.tokens:
            self.api("alice", "GET", "/api/plans")
        headers = {"Authorization": f"Bearer {self.tokens['alice']}"}
        options = {"timeout": 60, "headers": headers} | options
        try:
            answer = http.request(method, self.base + path, **options)
        except requests.RequestException:
            word, status = "no answer", 0
        else:
            status = answer.status_code
            word = f"{status}" + (" +Retry-After" if "Retry-After" in answer.headers else "")
        self.statuses[word] = self.statuses.get(word, 0) + 1
        return status

    def wait_for_more(self, seconds: float = 60) -> float:
        """Wait until something more was acknowledged; return the seconds, infinity for never."""
        began, had = time.monotonic(), len(self.comments)
        while time.monotonic() - began < seconds:
            if len(self.comments) > had:
                return time.monotonic() - began
            time.sleep(0.02)
        return float("inf")

    def finish(self) -> None:
        """Let everybody stop, and the server, too."""
        self.over.set()
        for thread in self.threads_of_ours:
            thread.join(70)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)

    def destroy(self) -> None:
        """End what may still run, however it went."""
        self.over.set()
        self.kept_up.clear()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def let_go(self) -> None:
        """Close whatever is open here of the database."""
        with self.app.app_context():
            db.engine.dispose()
        # The engine keeps one more file: it gets nothing in its place, so that a disk can go.
        nothing = os.open(os.devnull, os.O_RDWR)
        for one in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                if one.readlink().is_relative_to(self.folder):
                    os.dup2(nothing, int(one.name))
        os.close(nothing)

    def check(self, table: Table, *, but: str = "") -> None:
        """Compare the database with what was acknowledged; what is half done, `but` one kind."""
        self.let_go()
        self.app = create_app(Config.from_env(self.env))
        with self.app.app_context(), db.engine.connect() as connection:
            bodies = set(connection.scalars(sa.text("SELECT body FROM comments")))
            query = "SELECT p.slug, v.number FROM versions v JOIN plans p ON p.id = v.plan_id"
            versions = {(slug, number) for slug, number in connection.execute(sa.text(query))}
            half = [
                what
                for what, ask in NOTHING_HALF.items()
                if what != but and connection.scalar(sa.text(ask))
            ]
            sound = ["ok"]
            if connection.dialect.name == "sqlite":
                sound = list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
                sound += connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        lost = len(self.comments - bodies) + len(self.versions - versions)
        kept = f"{len(self.comments)} comments, {len(self.versions)} pushes"
        table.goal("acknowledged and lost: none", f"{lost} of {kept}", met=not lost)
        table.goal("half done: nothing", ", ".join(half) or "nothing", met=not half)
        table.goal("the database is sound", ", ".join(map(str, sound)), met=sound == ["ok"])
        wrong = {word: n for word, n in self.statuses.items() if word.startswith("5")}
        wrong.pop("503 +Retry-After", None)
        table.goal("failures are 503 with Retry-After", wrong or self.statuses, met=not wrong)


class Watch:
    """Asks /readyz four times a second, and notes what it said and how long that took."""

    def __init__(self, base: str) -> None:
        self.base, self.said, self.slowest = base, list[tuple[float, int, str]](), 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        while not self.over.wait(0.25):
            began = time.monotonic()
            try:
                answer = requests.get(f"{self.base}/readyz", timeout=20)
                found = answer.status_code, answer.text.strip().replace("\n", " ")
            except requests.RequestException:
                found = 0, "no answer"
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.said.append((time.monotonic(), *found))

    def words(self, since: float) -> dict[str, int]:
        """Return what was said since then, and how often."""
        found: dict[str, int] = {}
        for at, _, text in list(self.said):
            if at >= since:
                found[text] = found.get(text, 0) + 1
        return found

    def until(self, text: str, seconds: float = 60) -> float:
        """Wait until it says that; return the seconds, infinity for never."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.said and self.said[-1][2] == text and self.said[-1][0] > began:
                return time.monotonic() - began
            time.sleep(0.05)
        return float("inf")

    def stop(self) -> None:
        """Stop asking."""
        self.over.set()
        self.thread.join(30)


@contextmanager
def stormy(stage: Stage, table: Table, clients: int = 6, pause: float = 0.0) -> Iterator[Watch]:
    """Look at a server on which people write meanwhile; then check what is there, and end it."""
    watch = Watch(stage.base)
    try:
        stage.storm(clients, pause)
        stage.wait_for_more()
        yield watch
        stage.finish()
        stage.check(table)
    finally:
        watch.stop()
        stage.destroy()
