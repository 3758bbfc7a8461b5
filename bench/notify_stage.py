"""What bench.notify needs: a server, people who post, and a Slack that notes when it hears what."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from planpush.accounts.tokens import Token
from planpush.comments.comment import Comment
from planpush.database.session import db
from planpush.notifications.channels import Outlet
from planpush.notifications.outbox import WAITING, Delivery
from planpush.plans.plan import Plan
from planpush.settings.store import Setting
from tests.peers.slack import Answer, FakeSlack, serving
from tests.people import person
from tests.system.sending import Stage

CLIENTS = 16
SETTINGS = ("slack_webhook_url", "slack_bot_token", "slack_channel", "slack_api_url")
SAID = re.compile(r"said (\d+)\b")


class Ear:
    """Notes each message that a Slack took: when, and which comments it told."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack, self.heard = slack, list[tuple[float, str, list[int]]]()
        self.answer, slack.answer = slack.answer, self.listen  # type: ignore[method-assign]

    def listen(self, path: str, token: str, kind: str, body: str) -> Answer:
        """Let Slack answer, and note what it took."""
        before = len(self.slack.calls)
        found = self.answer(path, token, kind, body)
        at = time.monotonic()
        for method, told in self.slack.calls[before:]:
            if method in ("webhook", "chat.postMessage", "chat.update"):
                said = [int(n) for n in SAID.findall(json.dumps(told.get("blocks", "")))]
                self.heard.append((at, method, list(dict.fromkeys(said))))
        return found

    def first(self) -> dict[int, float]:
        """Return when each comment was told first."""
        found: dict[int, float] = {}
        for at, _, said in self.heard:
            for n in said:
                found.setdefault(n, at)
        return found


class Town:
    """A server with plans that nobody was told of, and a bearer token for who comments."""

    def __init__(self, folder: Path, plans: int, **env: str) -> None:
        self.stage = Stage(folder)
        self.server = self.stage.server
        ids = [self.stage.plan(f"Plan {n}") for n in range(plans)]
        with self.server.app.app_context():
            slugs = dict(db.session.execute(sa.select(Plan.id, Plan.slug)).all())
        self.slugs = [slugs[one] for one in ids]
        self.token = self.stage.act(lambda: Token.issue(person("bob"), name="bench"))
        self.server.env |= {"WORKER": "on"} | env

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends."""
        self.server.start()
        try:
            yield
        finally:
            self.server.close()
            self.stage.close()

    def set(self, **told: str) -> None:
        """Change settings, and forget what is queued and what was wrong."""

        self.point(**told)
        for kind in (Delivery, Outlet):
            self.stage.act(lambda kind=kind: db.session.execute(sa.delete(kind)))

    def point(self, **told: str) -> None:
        """Change settings, which tell where Slack is."""
        given = {name: told.get(name, "") for name in SETTINGS}
        self.stage.act(lambda: Setting.change(given, by=person("ada")))

    def order(self) -> dict[int, int]:
        """Return when each comment was written: its place among all."""
        query = sa.select(Comment.kept, Comment.id)
        found = self.stage.act(lambda: db.session.execute(query).all())
        return {int(body.split()[1]): number for body, number in found}

    def comment(self, http: requests.Session, n: int) -> float:
        """Comment on a plan in turn; return the seconds that it took, infinity if it failed."""
        path = f"{self.server.base}/api/plans/{self.slugs[n % len(self.slugs)]}/threads"
        sent = {"anchor": "a", "quote": "Tokens rotate", "body": f"said {n} so"}
        begun = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = http.post(path, json=sent, headers=headers, timeout=60)
        return time.perf_counter() - begun if answer.status_code == 201 else float("inf")

    def crowd(self, first: int, count: int) -> list[float]:
        """Let many comment at once; return what each comment took, sorted."""

        def client(mine: Sequence[int]) -> list[float]:
            with requests.Session() as http:
                return [self.comment(http, n) for n in mine]

        shares = [range(first + k, first + count, CLIENTS) for k in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as threads:
            return sorted(one for found in threads.map(client, shares) for one in found)

    def waiting(self) -> int:
        """Return how many deliveries wait."""
        query = sa.select(sa.func.count()).where(Delivery.state == WAITING)
        return int(self.stage.act(lambda: db.session.scalar(query)))


@contextmanager
def listening() -> Iterator[tuple[FakeSlack, Ear]]:
    """A Slack that works, and who notes what it hears."""
    with serving() as slack:
        yield slack, Ear(slack)


def until(true: Callable[[], Any], seconds: float) -> float:
    """Wait for a condition; return the seconds that it took, infinity if it never came."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if true():
            return time.monotonic() - begun
        time.sleep(0.2)
    return float("inf")


def at(sorted_values: Sequence[float], part: float) -> float:
    """Return a percentile."""
    return sorted_values[min(len(sorted_values) - 1, int(part * len(sorted_values)))]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the smallest, the median and the largest."""
    return min(values), statistics.median(values), max(values)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process, all of its threads."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    times = [int((one / "schedstat").read_text().split()[0]) for one in tasks]
    return sum(times) / 1e9
