"""Webhooks as the page shows them: each with its state, its last test, and what waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from planpush.db import db
from planpush.models.check import Check
from planpush.models.outlet import HOOK
from planpush.models.way import Way, ways
from planpush.models.webhook import EVENTS, Webhook


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
