"""What is stored about a person, by the file of their personal data that it goes into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from planpush.db import db
from planpush.models.comment import Comment
from planpush.models.delivery import Delivery
from planpush.models.draft import Draft
from planpush.models.event import Event
from planpush.models.grant import Grant
from planpush.models.idempotency import IdempotencyKey
from planpush.models.identity import Identity
from planpush.models.mention import Mention
from planpush.models.notice import Mute, Notice
from planpush.models.plan import Member, Plan
from planpush.models.session import BrowserSession
from planpush.models.sign_off import SignOff
from planpush.models.slack_name import SlackPerson
from planpush.models.thread import Thread
from planpush.models.token import Token
from planpush.models.turn import Turn
from planpush.models.user import User
from planpush.models.version import Version
from planpush.models.visit import Visit
from planpush.models.wording import Wording

Query = Select[*tuple[Any, ...]]
Rows = Callable[[int], Query]


def _owned(user_id: int) -> Query:
    return select(
        Plan.id, Plan.slug, Plan.title, Plan.visibility, Plan.newest, Plan.created_at,
        Plan.active_at, Plan.archived_at, Plan.deleted_at,
    ).where(Plan.owner_id == user_id).order_by(Plan.id)  # fmt: skip


def _pushed(user_id: int) -> Query:
    return _on(Version, Plan.slug, Version.number, Version.pushed_at, Version.message,
               Version.direction, Version.agent, Version.session, Version.purged_at,
               ).where(Version.pushed_by_id == user_id)  # fmt: skip


def _of_owned(user_id: int) -> Query:
    return _on(Version, Plan.slug, Version.number, Version.pushed_at, Version.pushed_by_id,
               ).where(Plan.owner_id == user_id)  # fmt: skip


def _commented(user_id: int) -> Query:
    said = select(
        Comment.id, Plan.slug.label("plan"), Comment.thread_id, Comment.via,
        Comment.kept.label("body"), Comment.created_at, Comment.edited_at, Comment.deleted_at,
    )  # fmt: skip
    return said.join(Plan, Plan.id == Comment.plan_id).where(Comment.author_id == user_id)


def _reworded(user_id: int) -> Query:
    query = select(Wording.comment_id, Wording.body, Wording.until).join(Comment)
    return query.where(Comment.author_id == user_id).order_by(Wording.id)


def _answered(user_id: int) -> Query:
    return _on(Thread, Plan.slug, Thread.id, Thread.answer_status, Thread.answer_note,
               Thread.answered_at).where(Thread.answered_by_id == user_id)  # fmt: skip


def _opened(user_id: int) -> Query:
    mine = Thread.opened_by_id == user_id, _seen_by(user_id)
    return _on(Thread, Plan.slug, Thread.id, Thread.state, Thread.blocking, Thread.opened_at,
               Thread.opened_on).where(*mine)  # fmt: skip


def _signed_off(user_id: int) -> Query:
    return _on(SignOff, Plan.slug, SignOff.given_on, SignOff.decision, SignOff.note,
               SignOff.sections, SignOff.at, SignOff.withdrawn_at,
               ).where(SignOff.user_id == user_id)  # fmt: skip


def _mentioned(user_id: int) -> Query:
    """Return the comments that name somebody, of the plans that they may see now."""
    reader = db.session.get_one(User, user_id)
    seen = Plan.visible_to(reader).join(Comment, Comment.plan_id == Plan.id)
    named = seen.join(Mention, Mention.comment_id == Comment.id).where(Mention.user_id == user_id)
    return named.where(Comment.deleted_at.is_(None)).with_only_columns(
        Plan.slug.label("plan"), Comment.thread_id, Mention.comment_id, Mention.said,
        Comment.kept.label("body"), Comment.created_at,
    ).order_by(Comment.id)  # fmt: skip


def _did(user_id: int) -> Query:
    told = select(Event.id, Event.at, Event.kind, Event.target, Event.address, Plan.slug,
                  Event.thread_id, Event.data)  # fmt: skip
    mine = told.outerjoin(Plan, Plan.id == Event.plan_id).where(Event.actor_id == user_id)
    return mine.where(or_(Event.plan_id.is_(None), _seen_by(user_id))).order_by(Event.id)


def _seen_by(user_id: int) -> ColumnElement[bool]:
    """Return the condition that somebody may see a plan now, or owns it: a deleted one, too."""
    may: Any = Plan.visible_to(db.session.get_one(User, user_id)).whereclause
    return or_(Plan.owner_id == user_id, may)


def _on(kind: Any, *columns: Any) -> Query:
    return select(*columns).join(Plan, Plan.id == kind.plan_id).order_by(kind.id)


def _mine(kind: Any, *columns: Any, plan: bool = False, seen: bool = False) -> Rows:
    """Return the query of somebody's own rows; with `plan`, and where these are.

    With `seen` only those on plans that they may see: these say what others did there.
    """

    def rows(user_id: int) -> Query:
        if plan:
            query = select(Plan.slug.label("plan"), *columns).join(kind, kind.plan_id == Plan.id)
        else:
            query = select(*columns)
        query = query.where(kind.user_id == user_id)
        return query.where(_seen_by(user_id)) if seen else query

    return rows


FILES: dict[str, Rows] = {
    "identities": _mine(Identity, Identity.provider, Identity.issuer, Identity.subject,
                        Identity.login, Identity.linked_at, Identity.used_at),
    "slack": _mine(SlackPerson, SlackPerson.email, SlackPerson.slack_id, SlackPerson.asked_at),
    "sessions": _mine(BrowserSession, BrowserSession.provider, BrowserSession.created_at,
                      BrowserSession.seen_at, BrowserSession.address, BrowserSession.agent),
    "tokens": _mine(Token, Token.kind, Token.name, Token.prefix, Token.scopes, Token.created_at,
                    Token.expires_at, Token.seen_at, Token.revoked_at),
    "clients": _mine(Grant, Grant.client_name, Grant.device, Grant.address, Grant.scopes,
                     Grant.created_at, Grant.ends_at),
    "plans": _owned,
    "versions-of-my-plans": _of_owned,
    "versions-i-pushed": _pushed,
    "shared-with-me": _mine(Member, Member.kind, Member.added_at, plan=True),
    "threads": _opened,
    "comments": _commented,
    "earlier-wordings": _reworded,
    "answers": _answered,
    "sign-offs": _signed_off,
    "mentions": _mentioned,
    "drafts": _mine(Draft, Draft.place, Draft.body, Draft.version, Draft.saved_at, plan=True),
    "notices": _mine(Notice, Notice.kind, Notice.thread_id, Notice.count, Notice.at,
                     Notice.read_at, plan=True, seen=True),
    "turns": _mine(Turn, Turn.reason, Turn.thread_id, Turn.at, plan=True, seen=True),
    "visits": _mine(Visit, Visit.at, Visit.version, Visit.seen_at, plan=True),
    "muted": _mine(Mute, Mute.at, plan=True),
    "messages": _mine(Delivery, Delivery.channel, Delivery.state, Delivery.created_at,
                      Delivery.told_at, plan=True),
    "requests": _mine(IdempotencyKey, IdempotencyKey.key, IdempotencyKey.created_at),
    "activity": _did,
}  # fmt: skip
