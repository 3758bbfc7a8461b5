"""Erases a person and what they wrote, in small steps.

Each stage takes the place after which it goes on, and returns the next; None: it is done.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Text,
    cast,
    delete,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.authorization_codes import AuthorizationCode
from planpush.accounts.device_codes import DeviceCode
from planpush.accounts.grants import Grant
from planpush.accounts.groups import remove_all
from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.identity import Identity
from planpush.accounts.sessions import BrowserSession, SignInLink
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.comments.comment import Comment, Wording
from planpush.comments.drafts import Draft
from planpush.comments.mentions import Mention
from planpush.comments.thread import Thread
from planpush.database.encryption import seal, unseal
from planpush.database.session import Base, UTCDateTime, db, hear, now
from planpush.errors import Conflict, Finding, Forbidden, Invalid
from planpush.events.event import REDACT, Event, allowed
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.outbox import Delivery
from planpush.notifications.slack_names import SlackPerson
from planpush.plans.plan import MOST_HANDED, Member, Plan
from planpush.plans.presence import Viewer
from planpush.plans.version import Version
from planpush.plans.visits import Visit
from planpush.privacy.redacting import Names, known, leaves, placeless
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import SignOff

_LOOKED_AT, _CHANGED = 2_000, 100  # rows of one transaction
_SIGNING_IN = ("session", "sessions", "token", "device", "client", "identity", "sign_in")
_NAMING = (*_SIGNING_IN, "user", "scim.user")  # elsewhere a name may be a plan's or a setting's
Stage = Callable[..., int | None]


def comments(user_id: int, names: Names, *, words: bool, after: int) -> int | None:
    """Take a person out of comments, and with `words` theirs; who follows a plan is told."""
    mine = (Comment.author_id == user_id) & or_(Comment.kept != "", Comment.deleted_at.is_(None))
    named = select(Mention.comment_id).where(Mention.user_id == user_id)
    asked = [_speaks(Comment.kept, names), Comment.id.in_(named)] + [mine] * words
    found, last = _some(Comment, Comment.id, or_(*asked), after)
    for comment in found:
        if words and comment.author_id == user_id:
            _blank(comment)
        else:
            _unname(comment, names, user_id)
        data, plan = {"comment": comment.id}, comment.plan_id
        told = {"plan_id": plan, "thread_id": comment.thread_id, "data": data}
        Event.record("comment.redacted", by=None, **told)
    return last


def _blank(comment: Comment) -> None:
    if comment.deleted_at is None:
        comment.deleted_at = now()
        fewer = update(Plan).where(Plan.id == comment.plan_id)
        db.session.execute(fewer.values(comment_count=Plan.comment_count - 1))
    comment.kept = ""
    for kind in (Wording, Mention):
        db.session.execute(delete(kind).where(kind.comment_id == comment.id))
    db.session.expire(comment, ["mentions"])


def _unname(comment: Comment, names: Names, user_id: int) -> None:
    theirs = Mention.comment_id == comment.id, Mention.user_id == user_id
    said = db.session.scalars(select(Mention.said).where(*theirs)).all()
    comment.kept = names.out_of_words(comment.kept, said)
    for earlier in db.session.scalars(select(Wording).where(Wording.comment_id == comment.id)):
        earlier.body = names.out_of_words(earlier.body, said)
    db.session.execute(delete(Mention).where(*theirs))
    db.session.expire(comment, ["mentions"])


def _words_of(kind: Any, column: Any, owner: Any = None) -> Stage:
    """Return the stage that takes a person out of a column, and empties it where it is theirs."""

    def stage(user_id: int, names: Names, *, words: bool, after: int) -> int | None:
        own = (owner == user_id) & (column != "") if words and owner is not None else false()
        found, last = _some(kind, kind.id, _speaks(column, names) | own, after)
        for row in found:
            theirs = words and owner is not None and getattr(row, owner.key) == user_id
            text = "" if theirs else names.out_of_words(getattr(row, column.key))
            setattr(row, column.key, text)
        return last

    return stage


def _runs_of(user_id: int, _names: Names, *, words: bool, after: int) -> int | None:
    """Take away whose program's session made a version; with `words` which program, too."""
    left = Version.session != ""
    mine = (Version.pushed_by_id == user_id) & (left | (Version.agent != "") if words else left)
    found, last = _some(Version, Version.id, mine, after)
    for version in found:
        version.session, version.agent = "", "" if words else version.agent
    return last


def _places_of(user_id: int, _names: Names, **_how: int) -> int | None:
    """Take out of the audit log where they were: many rows at once, by the index of who did it."""
    mine = Event.actor_id == user_id, Event.address != ""
    ids = db.session.scalars(select(Event.id).where(*mine).limit(_LOOKED_AT)).all()
    with allowed(REDACT):
        db.session.execute(
            update(Event).where(Event.id.in_(ids)).values(address=""),
            execution_options={"synchronize_session": False},
        )
    return 0 if ids else None


def events(user_id: int, names: Names, *, after: int, **_words: bool) -> int | None:
    """Take a person out of the audit log: it keeps their number."""
    forms = [form for name in names.every for form in (name, json.dumps(name)[1:-1])]
    data = cast(Event.data, Text)
    told = [
        column.icontains(form, autoescape=True) for form in forms for column in (Event.target, data)
    ]
    signing = or_(*(Event.kind.startswith(f"{one}.") for one in _SIGNING_IN))
    mine = (Event.actor_id == user_id) & Event.plan_id.is_(None) & signing
    found, last = _some(Event, Event.id, or_(mine, *told), after)
    with allowed(REDACT):
        for event in found:
            values = _redacted(event, user_id, names)
            db.session.execute(
                update(Event).where(Event.id == event.id).values(**values),
                execution_options={"synchronize_session": False},
            )
    db.session.expire_all()
    return last


def _redacted(event: Event, user_id: int, names: Names) -> dict[str, Any]:
    named = event.kind.startswith(tuple(f"{one}." for one in _NAMING))
    target = names.out_of_data(event.target, named=named)
    data = names.out_of_data(event.data, "", named=named)
    theirs = event.actor_id == user_id
    if theirs and event.plan_id is None and event.kind.partition(".")[0] in _SIGNING_IN:
        target, data = target if target == names.address else "", placeless(data)
    arrived = event.kind == "sign_in.failed" and target != event.target
    return {"target": target, "data": data, "address": "" if theirs or arrived else event.address}


def _speaks(column: Any, names: Names) -> ColumnElement[bool]:
    return or_(false(), *(column.icontains(one, autoescape=True) for one in names.spoken))


def _some(
    kind: Any, key: Any, which: ColumnElement[bool], after: int
) -> tuple[Iterable[Any], int | None]:
    """Return some rows behind a place that are asked for, and the place to go on; None: the end."""
    newest = db.session.scalar(select(func.max(key))) or 0
    if after >= newest:
        return (), None
    until = after + _LOOKED_AT
    query = select(kind).where(key > after, key <= until, which).order_by(key).limit(_CHANGED)
    found = db.session.scalars(query).all()
    return found, found[-1].id if len(found) == _CHANGED else until


STAGES: tuple[Stage, ...] = (
    comments,
    _words_of(Wording, Wording.body),
    _words_of(SignOff, SignOff.note, SignOff.user_id),
    _words_of(Thread, Thread.answer_note, Thread.answered_by_id),
    _words_of(Version, Version.message, Version.pushed_by_id),
    _words_of(Version, Version.direction, Version.pushed_by_id),
    _runs_of,
    _places_of,
    events,
)


log = logging.getLogger("planpush")

# What is somebody's own and nobody else's; it goes with them, at once.
_OWN: tuple[Any, ...] = (
    BrowserSession, SignInLink, DeviceCode, AuthorizationCode, Token, Grant, IdempotencyKey,
    Identity, SlackPerson, Delivery, Draft, Member, Mute, Notice, Turn, Viewer, Visit,
)  # fmt: skip
_COUNTED: tuple[tuple[tuple[str, ...], Any, Any], ...] = (
    (("comment",), Comment, Comment.author_id),
    (("word on a version", "words on versions"), SignOff, SignOff.user_id),
    (("version pushed", "versions pushed"), Version, Version.pushed_by_id),
    (("entry of the audit log", "entries of the audit log"), Event, Event.actor_id),
    (("mention by others", "mentions by others"), Mention, Mention.user_id),
    (("connected account",), Identity, Identity.user_id),
    (("browser session",), BrowserSession, BrowserSession.user_id),
    (("token",), Token, Token.user_id),
    (("draft",), Draft, Draft.user_id),
    (("notice",), Notice, Notice.user_id),
)


class Erasure(Base):
    """A person who is being erased. `words`: what they wrote goes, too.

    Until it is done, what they were called is kept sealed, to be found and taken out.
    """

    __tablename__ = "erasures"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    words: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[str] = mapped_column(Text)
    stage: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def names(self) -> Names:
        """Return what they were called; nothing if the key that it was sealed with is gone."""
        told = unseal(self.sealed, "erasure")
        if told is None:
            log.error("erasure of person %s: the names cannot be read any more", self.user_id)
        found = json.loads(told) if told else {"addresses": [], "names": [], "ids": []}
        parts = {name: tuple(texts) for name, texts in found.items()}
        return Names(**parts, pseudonym=pseudonym(self.user_id), address=address(self.user_id))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an erasure will meet: how much there is of each, in the words of the page that asks."""

    plans: int
    counts: tuple[tuple[tuple[str, ...], int], ...]  # one, and many if that is no s; how many

    @classmethod
    def of(cls, user: User) -> Outlook:
        """Count what is somebody's."""

        def count(kind: Any, column: Any) -> int:
            query = select(func.count()).select_from(kind).where(column == user.id)
            return db.session.scalar(query) or 0

        counts = tuple((words, count(kind, column)) for words, kind, column in _COUNTED)
        return cls(Plan.count_owned(user), counts)


def pseudonym(user_id: int) -> str:
    """Return what a person is called who was erased: always the same, so that threads read on."""
    return f"Deleted person {user_id}"


def address(user_id: int) -> str:
    """Return what stands where an address has to; nobody can have it."""
    return f"deleted+{user_id}@invalid"


def erase(user: User, *, by: User | None, words: bool = False, to: User | None = None) -> Erasure:
    """Erase a person; `to` gets their plans. None is an operator. Raises 403, 409, 422.

    They are out and without a name when this is committed. `go_on` does the rest.
    """
    _only_erasable(user, by, to)
    if to is not None:
        _hand_over(user, to, by)
    if user.active:
        user.deactivate(by=by)
    else:
        user.sign_out_everywhere(by=by)
    hear()  # what follows from that is done while they still have their name
    told = json.dumps(_called(user))
    for kind in _OWN:
        db.session.execute(
            delete(kind).where(kind.user_id == user.id),
            execution_options={"synchronize_session": False},
        )
    _forget(user)
    made = Erasure(user_id=user.id, words=words, sealed=seal(told, "erasure"))
    db.session.add(made)
    Event.record("user.erased", by=by, target=user.email, data={"words": words})
    return made


def _only_erasable(user: User, by: User | None, to: User | None) -> None:
    if by is not None and not by.may("people.manage"):
        raise Forbidden("Only an admin may erase somebody.")
    if by is not None and by.id == user.id:
        raise Conflict("You cannot erase yourself: ask another admin.", code="yourself")
    if user.erased_at is not None:
        raise Conflict("This person was erased already.", code="erased")
    if to is None and (owned := Plan.count_owned(user)):
        plans = "1 plan" if owned == 1 else f"{owned:,} plans"
        message = f"{user.name} owns {plans}, deleted ones included: say who gets them."
        raise Conflict(message, [Finding("owns_plans", message, field="email")], code="owns_plans")
    if by is not None and to is not None and Plan.count_owned(user) > MOST_HANDED:
        message = f"{user.name} owns more than {MOST_HANDED} plans: hand these over first."
        raise Conflict(message, [Finding("owns_plans", message, field="email")], code="owns_plans")
    if to is not None and to.id == user.id:
        message = "Their plans need another owner than themselves."
        raise Invalid(message, [Finding("owner", message, field="email")])


def _hand_over(user: User, to: User, by: User | None) -> None:
    for plan in db.session.scalars(Plan.owned_by(user).with_for_update(of=Plan)).all():
        plan.owner_id, plan.owner = to.id, to
        Event.record("plan.handed_over", by=by, plan_id=plan.id, target=to.email,
                     data={"from": user.email})  # fmt: skip


def _called(user: User) -> dict[str, tuple[str, ...]]:
    """Return what somebody is called anywhere: what `Names` is made of."""
    identities = Identity.of(user)
    slack = db.session.get(SlackPerson, user.id)
    said = [*leaves(user.scim), *(one.login for one in identities), slack and slack.email]
    addresses = known(user.email, *(text for text in said if text and "@" in text))
    shown = [user.scim.get(name) for name in ("displayName", "nickName")]
    parts = user.scim.get("name") or {}
    shown += [parts.get("formatted"), f"{parts.get('givenName')} {parts.get('familyName')}"]
    ids = [user.external_id, *said, *(one.subject for one in identities)]
    addresses = known(*addresses, *_left_behind(user))
    addresses = known(*addresses, *_former(addresses))
    return {
        "addresses": addresses,
        "names": known(user.name, *(shown if user.scim else ()), *_firsts(user, addresses)),
        "ids": tuple(one for one in known(*ids) if len(one) > 2 and one not in addresses),
    }


def _firsts(user: User, addresses: tuple[str, ...]) -> list[str]:
    """Return what stands before the @ of addresses, which names them, too, if nobody else."""
    firsts = {one.partition("@")[0].lower() for one in addresses}
    other = User.id != user.id
    taken = (User.people().where(other, User.email.startswith(f"{one}@", autoescape=True))
             for one in firsts)  # fmt: skip
    pairs = zip(firsts, taken, strict=True)
    return sorted(one for one, query in pairs if db.session.scalar(query.limit(1)) is None)


def _left_behind(user: User) -> list[str]:
    """Return the address of somebody whom a directory deleted, as the audit log tells it."""
    gone = select(Event.target, Event.data).where(Event.kind == "scim.user.deleted")
    told = [row[0] for row in db.session.execute(gone) if row[1].get("person") == user.id]
    linked = Event.actor_id == user.id, Event.kind == "identity.linked"
    return [*told, *db.session.scalars(select(Event.target).where(*linked).distinct())]


def _former(addresses: tuple[str, ...]) -> list[str]:
    """Return the addresses that a directory gave them before, as the audit log tells it."""
    found, newest = list[str](), list(addresses)
    while newest:
        query = select(Event.data).where(
            Event.kind == "scim.user.changed", or_(*(Event.target == one for one in newest))
        )
        was = {data["was"] for data in db.session.scalars(query) if data.get("was")}
        newest = sorted(was - {*addresses, *found})
        found += newest
    return found


def _forget(user: User) -> None:
    """Leave of a person's own row what threads and plans need: a number and a pseudonym."""
    remove_all(user)
    user.name, user.email = pseudonym(user.id), address(user.id)
    user.external_id, user.scim, user.notify, user.awaits_identity = None, {}, {}, False
    user.roles, user.granted_roles = [], []
    user.looked_at = user.looked_before = None
    user.deleted_at, user.erased_at, user.updated_at = user.deleted_at or now(), now(), now()
    db.session.flush()


def go_on() -> bool | None:
    """Do one bounded piece of an erasure; None: one was just finished, False: there is none."""
    query = select(Erasure).where(Erasure.done_at.is_(None)).order_by(Erasure.user_id).limit(1)
    found = db.session.scalar(query.with_for_update(skip_locked=True))
    if found is None:
        return False
    stage: Callable[..., int | None] = STAGES[found.stage]
    cursor = stage(found.user_id, found.names, words=found.words, after=found.cursor)
    if cursor is not None:
        found.cursor = cursor
        return True
    found.stage, found.cursor = found.stage + 1, 0
    if found.stage < len(STAGES):
        return True
    found.sealed, found.done_at = "", now()
    return None
