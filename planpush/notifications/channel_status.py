"""The state of each channel, for admins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from planpush.database.session import db, now
from planpush.errors import NotFound
from planpush.notifications.channels import HOOK, SLACK, Outlet, family
from planpush.notifications.delivery_log import hook_names, named
from planpush.notifications.outbox import DEAD, WAITING, Delivery
from planpush.notifications.webhooks import EVENTS, Webhook
from planpush.settings.check_results import Check


@dataclass(frozen=True, slots=True)
class Way:
    """An outlet, what waits and what died there. `held`: Slack as a whole is paused."""

    key: str
    title: str
    paused: bool = False
    held: bool = False
    reason: str = ""
    failing_since: datetime | None = None
    next_at: datetime | None = None
    waiting: int = 0
    oldest: datetime | None = None
    dead: int = 0

    @property
    def pill(self) -> tuple[str, str]:
        """Return the state in words, and its colour."""
        if self.paused or self.held:
            return "Paused", "warn"
        if self.failing_since is not None:
            return "In trouble", "bad"
        return ("Waiting", "info") if self.waiting else ("Works", "good")


def ways() -> list[Way]:
    """Return every outlet that something left by, waits at or died at: three queries."""
    rows = {row.key: row for row in db.session.scalars(select(Outlet))}
    counts = _counts()
    keys = {*rows, *(key for key, _ in counts)}
    if any(family(key) == SLACK for key in keys):
        keys.add(SLACK)  # whoever pauses it pauses all of Slack
    names, whole = hook_names(keys), rows.get(SLACK)
    return [
        _way(key, named(key, names.get(key)), rows.get(key), counts, whole)
        for key in sorted(keys, key=lambda key: (not key.startswith(SLACK), len(key), key))
    ]


def way(key: str) -> Way:
    """Return one outlet. Raises `NotFound` for one that nothing ever left by."""
    found = next((one for one in ways() if one.key == key), None)
    if found is None:
        raise NotFound
    return found


def slack_trouble() -> Way | None:
    """Return what of Slack is paused or in trouble, the whole before its parts; None: nothing."""
    wrong = (Outlet.key.startswith(SLACK)) & (Outlet.paused | (Outlet.failures > 0))
    row = db.session.scalars(select(Outlet).where(wrong).order_by(Outlet.key).limit(1)).first()
    return None if row is None else _way(row.key, named(row.key), row, {}, None)


Counts = dict[tuple[str, str], tuple[int, datetime]]


def _counts() -> Counts:
    query = (
        select(Delivery.outlet, Delivery.state, func.count(), func.min(Delivery.created_at))
        .where(Delivery.state.in_((WAITING, DEAD)))
        .group_by(Delivery.outlet, Delivery.state)
    )
    return {
        (key, state): (count, oldest) for key, state, count, oldest in db.session.execute(query)
    }


def _way(key: str, title: str, row: Outlet | None, counts: Counts, whole: Outlet | None) -> Way:
    waiting, oldest = counts.get((key, WAITING), (0, None))
    dead, _ = counts.get((key, DEAD), (0, None))
    held = key != SLACK and family(key) == SLACK and whole is not None and whole.paused
    if row is None:
        return Way(key, title, held=held, waiting=waiting, oldest=oldest, dead=dead)
    later = row.failures > 0 and row.held_until is not None and row.held_until > now()
    return Way(
        key, title, row.paused, held, row.reason if row.failures else "", row.failing_since,
        row.held_until if later else None, waiting, oldest, dead,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HookCard:
    """One webhook, how it is told, and how its last test went."""

    hook: Webhook
    way: Way
    check: Check | None

    @property
    def pill(self) -> tuple[str, str]:
        """Return the state in words, and its colour."""
        if self.way.paused or self.way.failing_since is not None:
            return self.way.pill
        if self.check is None:
            return "Set up, not tested", "info"
        return ("Works", "good") if self.check.ok else ("Test failed", "bad")

    @property
    def hears(self) -> list[str]:
        """Return the events that it hears of, in words."""
        return [EVENTS[kind] for kind in self.hook.events if kind in EVENTS]

    @property
    def hears_all(self) -> bool:
        """Tell whether it hears of every event."""
        return set(EVENTS) <= set(self.hook.events)


def cards(hooks: Sequence[Webhook] | None = None) -> list[HookCard]:
    """Return all webhooks, or these: a few queries, however many they are."""
    found = Webhook.every() if hooks is None else hooks
    known = {one.key: one for one in ways()} if found else {}
    tests = {row.name: row for row in db.session.scalars(_tests())} if found else {}
    return [
        HookCard(
            hook, known.get(hook.outlet) or Way(hook.outlet, hook.name), tests.get(hook.outlet)
        )
        for hook in found
    ]


def _tests() -> Select[Check]:
    return select(Check).where(Check.name.startswith(f"{HOOK}:"))
