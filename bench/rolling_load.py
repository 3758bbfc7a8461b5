"""What comes to a server that is restarted: clients that ask and write, and pages that listen."""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
import sqlalchemy as sa

from bench.rolling_stage import HTML, PATIENCE, Town, until
from planpush.comments.comment import Comment
from planpush.database.session import db
from planpush.events.event import Event
from planpush.plans.plan import Plan

TURN = 20
"""One of so many requests is a push, five are comments; the others read."""
_RETRY = re.compile(r"^retry: (\d+)$")
_ID = re.compile(r"^id: (\d+)$")
_AGAIN = 0.2  # seconds before a request that broke is sent again


class Load:
    """Clients that ask until there were enough requests and nobody needs them any more.

    Nobody tries anything twice, unless `again`: then a request that broke is sent once more, with
    the same Idempotency-Key, after a moment.
    """

    def __init__(self, town: Town, base: str, *, again: bool = False) -> None:
        self.town, self.base, self.again = town, base, again
        self.count, self.broken = 0, 0
        self.kinds, self.errors = Counter[str](), list[str]()
        self.comments, self.lock = set[str](), threading.Lock()
        self.over = threading.Event()
        self.wanted = 0

    def begin(self, clients: int, wanted: int) -> None:
        """Let clients ask, `wanted` requests at least."""
        self.wanted = wanted
        self.pool = ThreadPoolExecutor(clients)
        self.threads = [self.pool.submit(self._client, n) for n in range(clients)]

    def finish(self) -> None:
        """Wait until there were enough requests."""
        self.over.set()
        for one in self.threads:
            one.result(10 * PATIENCE)
        self.pool.shutdown()

    def reached(self, count: int) -> None:
        """Wait until so many were sent."""
        until(lambda: self.count >= count, f"request {count:,}", 10 * PATIENCE)

    def lost(self) -> set[str]:
        """Return the comments that were acknowledged and are not there exactly once."""
        with self.town.server.app.app_context():
            found = Counter(db.session.scalars(sa.select(Comment.kept)))
        return {body for body in self.comments if found[body] != 1}

    def _client(self, number: int) -> None:
        turn = number
        slug = self.town.slugs[number % len(self.town.slugs)]
        with requests.Session() as http:
            http.trust_env = False
            http.headers["Authorization"] = f"Bearer {self.town.token}"
            while self.count < self.wanted or not self.over.is_set():
                kind, method, path, body = self._request(turn, slug)
                turn += 1
                answer = self._sent(http, kind, method, path, body)
                if answer is not None:
                    self._note(kind, slug, body, answer)

    def _request(self, turn: int, slug: str) -> tuple[str, str, str, Any]:
        if turn % TURN == 0:
            base = self.town.versions[slug]
            section = {"anchor": "a", "html": HTML.format(f"Words {random.random()}")}
            told = {"plan": slug, "base_version": base, "sections": [section]}
            return "push", "POST", "/api/push", told
        if turn % TURN <= 5:
            body = {"anchor": "a", "body": f"said {uuid.uuid4()}"}
            return "comment", "POST", f"/api/plans/{slug}/threads", body
        page = turn % TURN <= 12
        return "read", "GET", f"/p/{slug}" if page else f"/api/plans/{slug}", None

    def _sent(self, http: requests.Session, kind: str, method: str, path: str, body: Any) -> Any:
        """Send a request; None: it failed, and is noted."""
        headers = {"Cookie": self.town.cookie} if path.startswith("/p/") else {}
        if self.again and body is not None:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        for last in (False, True) if self.again else (True,):
            with self.lock:
                self.count += not last or not self.again
            try:
                answer = http.request(
                    method, self.base + path, json=body, headers=headers, timeout=PATIENCE
                )
                if answer.status_code < 500:
                    return answer
                told = f"{kind}: {answer.status_code} {answer.text[:200]}"
            except requests.RequestException as error:
                told = f"{kind}: {error!r:.200}"
            self._failed(told, last=last)
            time.sleep(0 if last else _AGAIN)
        return None

    def _failed(self, told: str, *, last: bool) -> None:
        with self.lock:
            self.broken += 1
            if last:
                self.errors.append(told)

    def _note(self, kind: str, slug: str, body: Any, answer: requests.Response) -> None:
        right = {"push": (200, 201), "comment": (201,), "read": (200,)}[kind]
        with self.lock:
            if answer.status_code not in right:
                self.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")
                return
            self.kinds[kind] += 1
            if kind == "comment":
                self.comments.add(body["body"])
            elif kind == "push":
                self.town.versions[slug] = answer.json()["version"]


class Page(threading.Thread):
    """A page that listens to the stream of a plan as a browser does, and comes back."""

    def __init__(self, town: Town, base: str, slug: str) -> None:
        super().__init__(daemon=True)
        self.town, self.address = town, f"{base}/p/{slug}/events"
        self.told: list[tuple[int, float]] = []
        self.delay, self.known = 2.0, town_newest(town)
        self.since = self.known
        self.opened, self.refused, self.retries = 0, 0, list[float]()
        self.over, self.joined = threading.Event(), threading.Event()

    def run(self) -> None:
        """Listen until told to stop."""
        while not self.over.is_set():
            try:
                self._listen()
            except requests.RequestException:
                self.refused += 1
            self.joined.clear()
            self.over.wait(self.delay)

    def _listen(self) -> None:
        headers = {"Cookie": self.town.cookie}
        if self.known > self.since:
            headers["Last-Event-ID"] = str(self.known)
        with requests.get(
            f"{self.address}?since={self.since}", headers=headers, stream=True, timeout=PATIENCE
        ) as answer:
            if answer.status_code != 200:
                self.refused += 1
                return
            self.opened += 1
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                self._hear(line)
                if self.over.is_set():
                    return

    def _hear(self, line: str) -> None:
        self.joined.set()
        if found := _ID.match(line):
            self.known = max(self.known, int(found[1]))
            self.told.append((int(found[1]), time.monotonic()))
        elif found := _RETRY.match(line):
            self.delay = int(found[1]) / 1000
            self.retries.append(self.delay)

    def when(self, event_id: int) -> float:
        """Return when it was told of an event, infinity if it was not yet."""
        return next((at for told, at in list(self.told) if told >= event_id), float("inf"))


def town_newest(town: Town, slug: str = "") -> int:
    """Return the id of the newest event, of one plan or of all."""
    with town.server.app.app_context():
        plan_id = db.session.scalar(sa.select(Plan.id).where(Plan.slug == slug))
        return Event.newest(plan_id) if plan_id else Event.newest_of_all()


def comment(town: Town, base: str, slug: str, body: str) -> tuple[int, float]:
    """Comment on a plan; return the event of that, and when it was answered."""
    headers = {"Authorization": f"Bearer {town.token}"}
    address = f"{base}/api/plans/{slug}/threads"
    told = {"anchor": "a", "body": body}
    answer = requests.post(address, json=told, headers=headers, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    at = time.monotonic()
    return town_newest(town, slug), at
