"""Fills a delivery with what its recipient may see at the moment of sending."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import exists, select

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.thread import Thread
from planpush.database.session import db
from planpush.events.event import Event
from planpush.notifications.audience import why
from planpush.notifications.message import Actor, Item, Message
from planpush.notifications.notices import Mute
from planpush.notifications.outbox import PERSON, TOPICS, VERSION, WEBHOOK, Delivery, DeliveryEvent
from planpush.notifications.preferences import KINDS, SLACK, ways_for
from planpush.notifications.slack_names import Names, names_in, names_of
from planpush.plans.plan import PUBLISHED, Plan
from planpush.plans.section import Section
from planpush.plans.version import ADDED, CHANGED, Version, VersionSection
from planpush.settings.store import settings

_QUOTE = 1_000


class Hidden(Exception):
    """The receiver of a delivery may not hear of its plan any more."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery, ready to be sent without a look into the database.

    `names` is what is known of Slack. `unsure`: it may have arrived before. Whoever has to ask the
    other side something first, which may take long, calls `check` before telling: see `only_heard`.
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
    names: Names = field(default_factory=Names)
    check: Callable[[], None] = field(default=lambda: None)


def parcel(delivery_id: int, base_url: str, *, unsure: bool) -> Parcel | None:
    """Return what a delivery says now; None: its reader may not, or need not, hear it any more."""
    row = db.session.get_one(Delivery, delivery_id)
    plan = db.session.get_one(Plan, row.plan_id)
    if not may_hear(row, plan):
        return None
    events, reason = _concerning(row)
    items = list(_items(events, plan, base_url))
    if row.channel == PERSON:  # in a channel it is told that words were taken back
        items = [item for item in items if not item.deleted]
    if not items:
        return None
    url = f"{base_url}/p/{plan.slug}"
    told = Message(f"{row.id}", plan.slug, plan.title, url, items, reason)
    return Parcel(
        row.id, row.channel, told, dict(row.remote), unsure,
        row.plan_id, row.user_id, row.webhook_id, row.outlet, _names(row),
        partial(only_heard, row.id),
    )  # fmt: skip


def only_heard(delivery_id: int) -> None:
    """Raise `Hidden` if a receiver may not hear of a plan any more. No transaction stays open."""
    row = db.session.get(Delivery, delivery_id)
    heard = row is not None and may_hear(row, db.session.get_one(Plan, row.plan_id))
    db.session.remove()
    if not heard:
        raise Hidden


def _names(row: Delivery) -> Names:
    """Return what is known of Slack where a delivery goes; "slack:NAME" is a plan's channel."""
    if row.channel == WEBHOOK:
        return Names()
    if row.channel == PERSON:
        return names_of(db.session.get_one(User, row.user_id))
    return names_in(row.outlet.partition(":")[2] or settings().slack_channel, row.plan_id)


def _concerning(row: Delivery) -> tuple[Sequence[Event], str]:
    """Return what a delivery tells; to a person only what still is their business, and why."""
    query = select(Event).join(DeliveryEvent, DeliveryEvent.event_id == Event.id)
    query = query.where(DeliveryEvent.delivery_id == row.id).order_by(Event.id)
    events = db.session.scalars(query).all()
    if row.channel != PERSON or row.user_id is None:
        return events, ""
    user = db.session.get_one(User, row.user_id)
    mute = exists().where(Mute.user_id == user.id, Mute.plan_id == row.plan_id)
    muted = bool(db.session.scalar(select(mute)))
    reasons = {event.id: why(event, user.id) for event in events}
    # They may have changed their mind meanwhile.
    wanted = {kind for kind in KINDS if SLACK in ways_for(user.notify, kind, muted=muted)}
    heard = [event for event in events if reasons[event.id] in wanted]
    found = {reasons[event.id] for event in heard}
    return heard, next((kind for kind in KINDS if kind in found), "")


def may_hear(row: Delivery, plan: Plan) -> bool:
    """Tell whether a plan may be spoken of to the receiver of a delivery, as things are now."""
    if plan.deleted_at is not None or plan.visibility != PUBLISHED:
        return False
    if row.channel != PERSON:
        return True
    readers = plan.readers().where(User.id == row.user_id)
    return db.session.scalar(readers) is not None


def _items(events: Sequence[Event], plan: Plan, base_url: str) -> Iterable[Item]:
    actors = _by_id(User, (event.actor_id for event in events))
    threads = _by_id(Thread, (event.thread_id for event in events))
    comments = _by_id(Comment, (event.data.get("comment") for event in events))
    for event in events:
        actor = _actor(actors.get(event.actor_id), event)
        url = f"{base_url}/p/{plan.slug}"
        if event.thread_id is None and TOPICS.get(event.kind) != VERSION:
            decided = str(event.data.get("decision", ""))
            yield Item(event.id, event.kind, event.at, actor, url, plan.newest, status=decided)
        elif event.thread_id is None:
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
    agent = bool(event.data.get("via")) or event.kind == "thread.answered"
    return Actor(user.name, user.role, agent) if user else Actor()


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
        words=comment.body if comment else thread.answer_note if "status" in event.data else "",
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
        added=titles[ADDED], changed=titles[CHANGED], removed=_removed(version),
    )  # fmt: skip


def _removed(version: Version) -> list[str]:
    """Return what the sections were called that a version removed, as the one before has them."""
    if not version.removed:
        return []
    query = (
        select(Section.anchor, Section.title)
        .join(VersionSection, VersionSection.section_id == Section.id)
        .join(Version, Version.id == VersionSection.version_id)
        .where(Version.plan_id == version.plan_id, Version.number == version.number - 1)
    )
    titles = {row.anchor: row.title for row in db.session.execute(query)}
    return [titles.get(anchor) or anchor for anchor in version.removed]


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
