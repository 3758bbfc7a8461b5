"""Who writes for `bench.writers`: clients that reply in threads, each over its connection."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from math import inf

from bench.served import Served
from planpush.comments.thread import Thread
from planpush.document.anchoring.target import Place
from planpush.versions.push import push_new
from planpush.versions.request import Push, SectionPush
from tests.people import person

HTML = (
    '<section class="pp-section" data-anchor="a"><h2>Data model</h2><p>Tokens rotate.</p></section>'
)


@dataclass(slots=True)
class Posted:
    """What a crowd did: times in milliseconds; `spent` is the processor's, of all."""

    seconds: float
    spent: float
    times: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    failed: int = 0

    @property
    def rate(self) -> float:
        """Return how many a second."""
        return len(self.times) / self.seconds

    @property
    def each(self) -> float:
        """Return the processor time of one."""
        return self.spent / max(1, len(self.times))

    @classmethod
    def of(cls, some: Iterable[Posted]) -> Posted:
        """Return several as one."""
        whole = cls(0.0, 0.0)
        for one in some:
            whole.seconds, whole.spent = whole.seconds + one.seconds, whole.spent + one.spent
            whole.times, whole.said = whole.times + one.times, whole.said + one.said
            whole.failed += one.failed
        return whole


class Town:
    """Plans with threads, and somebody's agent that replies in them."""

    def __init__(self, served: Served, plans: int, threads: int) -> None:
        self.served, self.numbers = served, count(1)
        self.threads = [one for _ in range(plans) for one in served.act(lambda: _plan(threads))]
        self.headers = served.bearer("bob") | {"Content-Type": "application/json"}

    def path(self, number: int) -> str:
        """Return where a reply goes: plan by plan in turn, so that few meet on one."""
        each = len(self.threads) // 16 or 1
        at = number % 16 * each + number // 16 % each
        return f"/api/threads/{self.threads[at % len(self.threads)]}/comments"

    def locked(self) -> int:
        """Return how often the server's log speaks of a lock."""
        log = (self.served.folder / "server.log").read_text(errors="replace").lower()
        return log.count("is locked") + log.count("deadlock")


def _plan(threads: int) -> list[int]:
    alice, bob = person("alice"), person("bob")
    pushed = push_new(
        Push([SectionPush("a", HTML)], title="Read", visibility="published"), by=alice
    )
    place, told = Place("a", 2, "Tokens rotate"), {"blocking": False, "via": ""}
    opened = [
        Thread.open(pushed.plan, place, "A remark.", by=bob, on=1, shown=1, **told)
        for _ in range(threads)
    ]
    return [thread.id for thread in opened]


class Crowd:
    """Clients that write at once."""

    def __init__(self, town: Town, clients: int) -> None:
        self.town, self.clients = town, clients

    def run(self, each: int = 0, *, seconds: float = inf) -> Posted:
        """Let each client write so often, or all of them for so long."""
        ready, found = threading.Barrier(self.clients + 1), Posted(0.0, 0.0)
        shares = [range(each) if each else count() for _ in range(self.clients)]
        with ThreadPoolExecutor(self.clients) as pool:
            jobs = [pool.submit(self._client, ready, share, seconds, found) for share in shares]
            spent = self.town.served.spent()
            ready.wait()
            begun = time.perf_counter()
            for job in jobs:
                job.result()
            found.seconds = time.perf_counter() - begun
        found.spent = self.town.served.spent() - spent
        return found

    def _client(
        self, ready: threading.Barrier, share: Iterable[int], seconds: float, found: Posted
    ) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.town.served.port, timeout=60)
        connection.connect()
        ready.wait()
        ends = time.perf_counter() + seconds
        for _ in share:
            begun = time.perf_counter()
            if begun > ends:
                break
            number = next(self.town.numbers)
            said = f"said {number} so"
            if self._post(connection, number, said):
                found.times.append(1000 * (time.perf_counter() - begun))
                found.said.append(said)
            else:
                found.failed += 1
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, number: int, said: str) -> bool:
        body = json.dumps({"body": said}).encode()
        connection.request("POST", self.town.path(number), body, self.town.headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status == 201
