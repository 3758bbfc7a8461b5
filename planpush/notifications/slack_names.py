"""Slack ids of people, channels and threads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.database.session import Base, UTCDateTime, db, now, upsert
from planpush.errors import Finding, Invalid
from planpush.plans.plan import Plan
from planpush.settings.store import settings

_FRESH = timedelta(days=1)  # so long Slack's word about an address is believed


class SlackThread(Base):
    """The first message about a plan in a channel: later ones reply to it."""

    __tablename__ = "slack_threads"

    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(80), primary_key=True)  # as it was named to us
    channel_id: Mapped[str] = mapped_column(String(80))  # as Slack named it in its answer
    ts: Mapped[str] = mapped_column(String(40))


class SlackPerson(Base):
    """Who somebody is at Slack, by their address. `slack_id` is empty if Slack knows nobody."""

    __tablename__ = "slack_people"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    email: Mapped[str] = mapped_column(String(254))
    slack_id: Mapped[str] = mapped_column(String(40), default="")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


@dataclass(frozen=True, slots=True)
class Begun:
    """A plan's thread that was just begun in a channel."""

    plan_id: int
    channel: str
    channel_id: str
    ts: str

    def keep(self) -> None:
        """Let later messages reply to it."""
        told = {"channel_id": self.channel_id[:80], "ts": self.ts[:40]}
        made = upsert(SlackThread).values(plan_id=self.plan_id, channel=self.channel, **told)
        keys = ["plan_id", "channel"]
        db.session.execute(made.on_conflict_do_update(index_elements=keys, set_=told))


@dataclass(frozen=True, slots=True)
class Met:
    """Who somebody is at Slack, as it just said; empty: it knows nobody with that address."""

    user_id: int
    email: str
    slack_id: str

    def keep(self) -> None:
        """Let nobody ask again for a while."""
        told = {"email": self.email, "slack_id": self.slack_id[:40], "asked_at": now()}
        made = upsert(SlackPerson).values(user_id=self.user_id, **told)
        db.session.execute(made.on_conflict_do_update(index_elements=["user_id"], set_=told))


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of Slack before something is sent there.

    `channel` is as it was named to us, `channel_id` Slack's own name for it, if known, `root` the
    ts of the plan's thread in it. `slack_id` is None if Slack is to be asked who `email` is.
    """

    channel: str = ""
    channel_id: str = ""
    root: str = ""
    email: str = ""
    slack_id: str | None = None


def names_in(channel: str, plan_id: int) -> Names:
    """Return what is known of a channel, and of a plan's thread in it."""
    query = select(SlackThread).where(SlackThread.channel == channel)
    mine = db.session.scalar(query.where(SlackThread.plan_id == plan_id))
    known = mine or db.session.scalar(query.order_by(SlackThread.ts.desc()).limit(1))
    return Names(channel, known.channel_id if known else "", mine.ts if mine else "")


def names_of(user: User) -> Names:
    """Return what is known of a person."""
    known = db.session.get(SlackPerson, user.id)
    if known is None or known.email != user.email or known.asked_at < now() - _FRESH:
        return Names(email=user.email)
    return Names(email=user.email, slack_id=known.slack_id)


LONGEST = 80
_ID = re.compile(r"[CG][A-Z0-9]{8,20}")


def choose_channel(plan: Plan, typed: str, *, by: User) -> None:
    """Let messages about a plan go to a channel of its own; empty: to the server's.

    Raises `Forbidden`, and `Invalid` for what no channel is called, or while no bot is set up.
    """
    plan.only_managers(by)
    channel = checked(typed)
    if channel and not settings().slack_bot_token:
        message = "This server has no Slack bot, so a plan cannot have a channel of its own."
        raise Invalid(message, [Finding("no_bot", message, field="channel")])
    if channel != plan.slack_channel:
        data = {"before": plan.slack_channel, "after": channel}
        plan.slack_channel = channel
        plan.record("plan.channel_changed", by=by, data=data)


def shown(channel: str) -> str:
    """Return a channel as people write it: #design, or its id."""
    name = channel.removeprefix("#")
    return f"#{name}" if name and not name.isupper() else name


def checked(typed: str) -> str:
    """Return a channel's name without its #, or its id. Raises `Invalid`."""
    name = typed.strip().removeprefix("#")
    # Slack's names are of small letters of any script, digits, and - _ .
    plain = all((mark.isalnum() and mark == mark.lower()) or mark in "-_." for mark in name)
    if _ID.fullmatch(name) or (plain and len(name) <= LONGEST):
        return name
    message = (
        f"A channel's name has small letters, digits and - _ . only, at most {LONGEST}; "
        "an id looks like C0123ABCD."
    )
    raise Invalid(message, [Finding("channel", message, field="channel")])
