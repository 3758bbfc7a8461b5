"""A stage for what is sent: a database, workers in processes of their own, receivers that hold."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from planpush.database.session import commit, db, now
from planpush.notifications.outbox import WAITING, Delivery
from planpush.notifications.webhooks import EVENTS, Wanted, Webhook
from planpush.plans.plan import Plan
from planpush.versions.push import push_new, push_version
from planpush.versions.request import Push, SectionPush
from tests import launching
from tests.launching import Started
from tests.peers.slack import Answer, FakeSlack
from tests.people import person
from tests.system.serving import Server

SECTION = "<h2>Data model</h2><p>Tokens rotate. {}</p>"
NETWORKS = {"WEBHOOK_NETWORKS": "127.0.0.0/8"}


def eventually(found: Callable[[], Any], seconds: float = 90) -> Any:
    """Return what `found` returns once it is something."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if got := found():
            return got
        time.sleep(0.05)
    raise AssertionError("it never came")


class Stage:
    """A database that things happen in, by our own hand, and workers that tell of them."""

    def __init__(self, folder: Path, **env: str) -> None:
        folder.mkdir(exist_ok=True)
        self.server = Server(folder, WORKER="off", **NETWORKS, **env)
        self.workers: list[Started] = []

    def act(self, action: Callable[[], Any]) -> Any:
        """Do something in a transaction of its own, as a request does."""
        with self.server.app.app_context():
            done = action()
            commit()
            return done

    def plan(self, title: str) -> int:
        """Publish a plan; return its id."""

        def act() -> int:
            parts = [SectionPush("a", SECTION.format("One"))]
            made = Push(parts, title=title, visibility="published")
            return push_new(made, by=person("alice")).version.plan_id

        return int(self.act(act))

    def push(self, plan_id: int, words: str) -> None:
        """Push another version."""

        def act() -> None:
            plan = db.session.get_one(Plan, plan_id)
            parts = [SectionPush("a", SECTION.format(words))]
            push_version(plan, Push(parts, base_version=plan.newest), by=person("alice"))

        self.act(act)

    def hook(self, url: str) -> None:
        """Let a webhook hear of everything."""
        wanted = Wanted("All", url, list(EVENTS))
        self.act(lambda: Webhook.add(wanted, "http://127.0.0.1", by=person("ada")))

    def work(self) -> Started:
        """Start another worker."""
        with (self.server.folder / "worker.log").open("ab") as log:
            made = launching.start("worker", env=self.server.env, out=log)
        self.workers.append(made)
        return made

    def lapse(self) -> None:
        """Let the twenty seconds pass after which a claim of a worker that died is free."""
        past = {"claimed_until": now() - timedelta(hours=1)}
        claimed = sa.update(Delivery).where(Delivery.claimed_by != "")
        self.act(lambda: db.session.execute(claimed.values(**past)))

    def states(self) -> list[str]:
        return list(self.act(lambda: db.session.scalars(
            sa.select(Delivery.state).order_by(Delivery.id)).all()))  # fmt: skip

    def all_told(self) -> bool:
        return WAITING not in self.states()

    def close(self) -> None:
        for one in self.workers:
            if one.poll() is None:
                one.send_signal(signal.SIGKILL)
            one.wait(60)
        self.server.http.close()
        with self.server.app.app_context():
            db.engine.dispose()


class Held:
    """A Slack that keeps the answer to its first message until it is let `go`.

    "sent": it has taken the message by then. "sending": it never takes it.
    """

    def __init__(self, slack: FakeSlack, when: str) -> None:
        self.came, self.go, self.when = threading.Event(), threading.Event(), when
        self.answer, slack.answer = slack.answer, self.held  # type: ignore[method-assign]

    def held(self, path: str, *told: str) -> Answer:
        first = not self.came.is_set() and ("postMessage" in path or "services" in path)
        if not first:
            return self.answer(path, *told)
        found = self.answer(path, *told) if self.when == "sent" else (500, {}, b"")
        self.came.set()
        self.go.wait(60)
        return found
