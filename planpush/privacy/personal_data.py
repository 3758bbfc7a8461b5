"""Everything that is stored about a person, as a file.

It is written while it is read, a table at a time and never more than a part of one in memory.
Hashes, secrets and what others wrote privately are not in it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import ColumnElement, Select, or_, select

from planpush.accounts.grants import Grant
from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.identity import Identity
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.comments.comment import Comment, Wording
from planpush.comments.drafts import Draft
from planpush.comments.mentions import Mention
from planpush.comments.thread import Thread
from planpush.database.session import db, iso, now
from planpush.events.event import Event
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.outbox import Delivery
from planpush.notifications.slack_names import SlackPerson
from planpush.plans.plan import Member, Plan
from planpush.plans.section import expand
from planpush.plans.version import Version
from planpush.plans.visits import Visit
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import SignOff

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


_AT_ONCE = 500  # rows in memory
README = """What this server stores about {name} <{email}>, as of {at}.

profile.json     who you are here, your roles and preferences, and what your directory said
*.json           one file for each kind of thing, an array of objects; times are UTC
plans/*.html     the newest version of each plan that you own, as its sections were stored

Not in it: tokens, codes and keys themselves (only hashes of them are stored), what you did within
plans that you may not see any more beyond your own words, and what others wrote besides comments
that mention you. Backups of the server hold the same data; ask its operator about them.
"""


class _Pipe(io.RawIOBase):
    """What was written since somebody took it: an archive goes out while it is made."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        """Tell that this takes bytes."""
        return True

    def write(self, data: Any) -> int:
        """Hold bytes until they are taken."""
        self.held += data
        return len(data)

    def taken(self) -> bytes:
        """Return what is held, and hold it no more."""
        data = bytes(self.held)
        self.held.clear()
        return data


def archive(user_id: int) -> Iterator[bytes]:
    """Yield a ZIP of all that is stored about a person. It only reads."""
    g.writes = False
    user, pipe, at = db.session.get_one(User, user_id), _Pipe(), now()
    about = README.format(name=user.name, email=user.email, at=iso(at))
    profile = _profile(user)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("README.txt", about)
        packed.writestr("profile.json", _json(profile))
        for name, rows in FILES.items():
            with packed.open(f"{name}.json", "w") as entry:
                for piece in _array(rows(user_id)):
                    entry.write(piece)
                    yield pipe.taken()
        for slug, pieces in _documents(user_id):
            with packed.open(f"plans/{slug}.html", "w") as entry:
                for html in pieces:
                    entry.write(html)
                    yield pipe.taken()
    yield pipe.taken()


def _profile(user: User) -> dict[str, Any]:
    return {
        "id": user.id, "email": user.email, "name": user.name, "roles": user.roles,
        "granted_roles": user.granted_roles, "groups": user.group_names, "active": user.active,
        "external_id": user.external_id, "directory": user.scim, "notify": user.notify,
        "keys": user.keys, "presence": user.presence, "looked_at": user.looked_at,
        "created_at": user.created_at, "updated_at": user.updated_at,
    }  # fmt: skip


def _array(query: Query) -> Iterator[bytes]:
    begun = False
    found = db.session.execute(query, execution_options={"yield_per": _AT_ONCE})
    for some in found.mappings().partitions():
        lines = ",\n".join(_json(dict(row)) for row in some)
        yield ((",\n" if begun else "[\n") + lines).encode()
        begun = True
    yield b"\n]\n" if begun else b"[]\n"


def _documents(user_id: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    plans = db.session.execute(select(Plan.id, Plan.slug).where(Plan.owner_id == user_id)).all()
    for plan_id, slug in plans:
        mine = Version.plan_id == plan_id, Version.purged_at.is_(None)
        newest = select(Version).where(*mine).order_by(Version.number.desc()).limit(1)
        version = db.session.scalar(newest)
        if version is not None:
            yield slug, (expand(row.html) + b"\n" for row in version.pieces())


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=_told)


def _told(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)
