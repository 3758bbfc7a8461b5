"""A stage for deliveries: time that passes when told, lanes of one plan, workers by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from planpush.database.session import db, now
from planpush.events.event import Event
from planpush.notifications.channels import Outlet
from planpush.notifications.leases import Arrived, Claim, Outcome, claim, settle
from planpush.notifications.outbox import GROW, TALK, WEBHOOK, Delivery, DeliveryEvent, Route
from planpush.plans.plan import Plan
from tests.people import person


@dataclass(frozen=True)
class Told:
    """What a receiver got: which delivery, as which revision, and the events in it."""

    lane: str
    delivery: int
    revision: int
    events: tuple[int, ...]
    unsure: bool


class Mail:
    """Queues, claims and settles, each in a transaction of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = now()
        for name in ("outbox.now", "leases.clock", "channels.clock"):
            monkeypatch.setattr(f"planpush.notifications.{name}", self.time)
        plan = Plan.start(title="Mail", wish="mail", visibility="published", by=person("alice"))
        db.session.commit()
        self.plan_id, self.told = plan.id, list[Told]()

    def time(self) -> datetime:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Begin anew: nothing was ever queued."""
        for kind in (DeliveryEvent, Delivery, Outlet):
            db.session.execute(sa.delete(kind))
        db.session.commit()
        self.told.clear()

    def queue(
        self, lane: str = "a", topic: str = TALK, manner: str = GROW, outlet: str = "hook:1"
    ) -> int:
        """Let something happen; return its event."""
        event = Event(kind="comment.added", plan_id=self.plan_id)
        db.session.add(event)
        db.session.flush()
        made = event.id
        Delivery.queue(Route(WEBHOOK, outlet, lane, manner, self.plan_id), topic, made)
        db.session.commit()
        return made

    def claim(self, worker: str = "w", most: int = 32, flying: Iterable[int] = ()) -> list[Claim]:
        found = claim(worker, most, list(flying))
        db.session.commit()
        return found

    def send(self, one: Claim) -> None:
        """Read what a claim tells, and let its receiver have it."""
        query = sa.select(DeliveryEvent.event_id).where(DeliveryEvent.delivery_id == one.id)
        events = tuple(db.session.scalars(query.order_by(DeliveryEvent.event_id)))
        self.told.append(Told(self.row(one.id).lane, one.id, one.revision, events, one.unsure))
        db.session.commit()

    def settle(self, one: Claim, outcome: Outcome | None = None) -> None:
        assert settle(one, outcome or Arrived({"ts": "1"}))
        db.session.commit()

    def deliver(self, worker: str = "w") -> list[int]:
        """Claim, send and settle what is due now; return how many events each message told."""
        before = len(self.told)
        for one in self.claim(worker):
            self.send(one)
            self.settle(one)
        return [len(one.events) for one in self.told[before:]]

    def drain(self) -> None:
        """Let time pass until all is told."""
        for _ in range(1_000):
            self.deliver()
            if not self.waiting():
                return
            self.passes(5)
        raise AssertionError(f"still waiting: {self.waiting()}")

    def waiting(self) -> list[int]:
        query = sa.select(Delivery.id).where(Delivery.state == "waiting").order_by(Delivery.id)
        return list(db.session.scalars(query))

    def row(self, delivery_id: int) -> Any:
        query = sa.select(Delivery).where(Delivery.id == delivery_id)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def outlet(self, key: str = "hook:1") -> Outlet:
        db.session.commit()
        query = sa.select(Outlet).where(Outlet.key == key)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()
