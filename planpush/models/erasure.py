"""Erasures: a person goes at once, and what they are called and wrote goes piece by piece."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.content.problem import Conflict, Finding, Forbidden, Invalid
from planpush.content.redacting import Names, known, leaves
from planpush.db import Base, UTCDateTime, db, hear, now
from planpush.models.authorization_code import AuthorizationCode
from planpush.models.comment import Comment
from planpush.models.delivery import Delivery
from planpush.models.device_code import DeviceCode
from planpush.models.draft import Draft
from planpush.models.event import Event
from planpush.models.grant import Grant
from planpush.models.group import remove_all
from planpush.models.idempotency import IdempotencyKey
from planpush.models.identity import Identity
from planpush.models.mention import Mention
from planpush.models.notice import Mute, Notice
from planpush.models.plan import MOST_HANDED, Member, Plan
from planpush.models.redaction import STAGES
from planpush.models.sealing import seal, unseal
from planpush.models.session import BrowserSession, SignInLink
from planpush.models.sign_off import SignOff
from planpush.models.slack_name import SlackPerson
from planpush.models.token import Token
from planpush.models.turn import Turn
from planpush.models.user import User
from planpush.models.version import Version
from planpush.models.viewer import Viewer
from planpush.models.visit import Visit

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
