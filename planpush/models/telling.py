"""Telling: what a delivery says, read at the moment it is sent, for whoever may still see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from planpush.content.message import Actor, Item, Message
from planpush.db import db
from planpush.models.comment import Comment
from planpush.models.delivery import PERSON, Delivery, DeliveryEvent
from planpush.models.event import Event
from planpush.models.plan import PUBLISHED, Plan
from planpush.models.section import Section
from planpush.models.thread import Thread
from planpush.models.user import User
from planpush.models.version import ADDED, CHANGED, Version, VersionSection

_QUOTE = 1_000


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery, ready to be sent without a look into the database.

    `target` is what the channel needs to find the receiver. `unsure`: it may have arrived before.
    """

    delivery_id: int
    channel: str
    message: Message
    remote: dict[str, Any]
    unsure: bool
    plan_id: int
    user_id: int | None
    webhook_id: int | None
    outlet: str


def parcel(delivery_id: int, base_url: str, *, unsure: bool) -> Parcel | None:
    """Return what a delivery says now; None: its reader may not, or need not, hear it any more."""
    row = db.session.get_one(Delivery, delivery_id)
    plan = db.session.get_one(Plan, row.plan_id)
    if not may_hear(row, plan):
        return None
    items = list(_items(row, plan, base_url))
    if not items:
        return None
    url = f"{base_url}/p/{plan.slug}"
    told = Message(f"{row.id}", plan.slug, plan.title, url, items)
    return Parcel(
        row.id, row.channel, told, dict(row.remote), unsure,
        row.plan_id, row.user_id, row.webhook_id, row.outlet,
    )  # fmt: skip


def may_hear(row: Delivery, plan: Plan) -> bool:
    """Tell whether a plan may be spoken of to the receiver of a delivery, as things are now."""
    if plan.deleted_at is not None or plan.visibility != PUBLISHED:
        return False
    if row.channel != PERSON:
        return True
    readers = plan.readers().where(User.id == row.user_id)
    return db.session.scalar(readers) is not None


def _items(row: Delivery, plan: Plan, base_url: str) -> Iterable[Item]:
    query = select(Event).join(DeliveryEvent, DeliveryEvent.event_id == Event.id)
    events = db.session.scalars(
        query.where(DeliveryEvent.delivery_id == row.id).order_by(Event.id)
    ).all()
    actors = _by_id(User, (event.actor_id for event in events))
    threads = _by_id(Thread, (event.thread_id for event in events))
    comments = _by_id(Comment, (event.data.get("comment") for event in events))
    for event in events:
        actor = _actor(actors.get(event.actor_id), event)
        url = f"{base_url}/p/{plan.slug}"
        if event.thread_id is None:
            yield _of_version(event, actor, plan, url)
        elif event.thread_id in threads:
            thread = threads[event.thread_id]
            comment = comments.get(event.data.get("comment"))
            if comment is not None or "comment" not in event.data:
                yield _of_thread(event, actor, thread, comment, url)


def _by_id(kind: Any, ids: Iterable[Any]) -> dict[Any, Any]:
    wanted = {one for one in ids if one is not None}
    query = select(kind).where(kind.id.in_(wanted))
    return {row.id: row for row in db.session.scalars(query)} if wanted else {}


def _actor(user: User | None, event: Event) -> Actor:
    return Actor(user.name, user.role, bool(event.data.get("via"))) if user else Actor()


def _of_thread(
    event: Event, actor: Actor, thread: Thread, comment: Comment | None, url: str
) -> Item:
    origin = thread.origin
    return Item(
        event=event.id,
        kind=event.kind,
        at=event.at,
        actor=actor,
        url=f"{url}?thread={thread.id}#t{thread.id}",
        version=thread.opened_on,
        thread=thread.id,
        opens=comment is not None and thread.comments[0].id == comment.id,
        anchor=origin.section,
        where=origin.headings[0] if origin.headings else "",
        quote=(origin.exact or origin.block_text)[:_QUOTE],
        comment=comment.id if comment else 0,
        words=comment.body if comment else str(event.data.get("note", "")),
        deleted=comment is not None and comment.deleted_at is not None,
        status=str(event.data.get("status", "")),
    )


def _of_version(event: Event, actor: Actor, plan: Plan, url: str) -> Item:
    number = int(event.data.get("version", plan.newest))
    version = db.session.scalar(
        select(Version).where(Version.plan_id == plan.id, Version.number == number)
    )
    if version is None or version.purged_at is not None:
        return Item(event.id, event.kind, event.at, actor, url, number)
    titles = _titles(version)
    return Item(
        event.id, event.kind, event.at, actor, f"{url}?v={number}", number, words=version.message,
        added=titles[ADDED], changed=titles[CHANGED], removed=version.removed,
    )  # fmt: skip


def _titles(version: Version) -> dict[str, Sequence[str]]:
    query = (
        select(VersionSection.state, Section.title)
        .join(Section, Section.id == VersionSection.section_id)
        .where(VersionSection.version_id == version.id)
        .order_by(VersionSection.position)
    )
    found: dict[str, list[str]] = {ADDED: [], CHANGED: []}
    for state, title in db.session.execute(query):
        found.setdefault(state, []).append(title)
    return dict(found)
