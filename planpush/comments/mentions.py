"""Mentions: who is named in a comment, and who can be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, false, or_, select, true
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.database.session import Base, db, storable
from planpush.document.comment_markdown import key, named
from planpush.events.event import Event
from planpush.plans.plan import Member, Plan

_OFFERED = 8
_MANY = 20
_LONGEST = 100  # characters of a name that somebody types
_AT = re.compile("@(?=[^\\s@])([A-Za-z0-9]{0,20})")
_PARTS = re.compile("[-._+]")


class Mention(Base):
    """A person whom a comment names. `said` is how, without the @."""

    __tablename__ = "mentions"
    __table_args__ = (Index(None, "user_id", "comment_id"),)

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    said: Mapped[str] = mapped_column(String(254))

    @classmethod
    def settle(cls, mentions: list[Mention], body: str, plan: Plan) -> None:
        """Make `mentions` those of the people whom `body` names and who may see `plan`."""
        found = whom(body, plan)
        mentions[:] = [one for one in mentions if one.user_id in found]
        for one in mentions:
            one.said = found.pop(one.user_id)
        mentions += [cls(user_id=user_id, said=said) for user_id, said in found.items()]


@dataclass(frozen=True, slots=True)
class Offer:
    """A person who may be named, and the words that name them, without the @."""

    user: User
    words: str


def whom(body: str, plan: Plan) -> dict[int, str]:
    """Return the people whom `body` names, of those who may see `plan`, and as whom it does."""
    known = _known(_readers(plan, _begins_as(body))) if "@" in body else {}
    found: dict[int, str] = {}
    for said in named(body, known) if known else ():
        found.setdefault(known[key(said)], said)
    return found


def offered(plan: Plan, typed: str) -> list[Offer]:
    """Return whom the letters behind an @ may mean, the likeliest first; at most eight.

    They begin a word of the name or of the address before its @; accents and case do not count.
    """
    if len(typed) > _LONGEST:
        return []
    looked, here = _plain(storable(typed)), _involved(plan)
    ranked = [
        (rank, row.id not in here, _plain(row.name), row.id)
        for row in _candidates(plan, looked, here)
        if (rank := _rank(looked, row.name, row.email)) is not None
    ]
    best = [user_id for *_, user_id in sorted(ranked)[:_OFFERED]]
    people = {user.id: user for user in db.session.scalars(select(User).where(User.id.in_(best)))}
    known = _known(_readers(plan, _begins_as(" ".join(f"@{one.name}" for one in people.values()))))
    return [Offer(people[user_id], _words(people[user_id], known)) for user_id in best]


def _readers(plan: Plan, condition: ColumnElement[bool]) -> Sequence[Any]:
    columns = plan.readers().with_only_columns(User.id, User.name, User.email)
    return db.session.execute(columns.where(condition)).all()


def _begins_as(body: str) -> ColumnElement[bool]:
    """Return what is true at least of whom `body` may name: the database need not send the rest."""
    begun = {word.lower() for word in _AT.findall(unicodedata.normalize("NFC", body))}
    if "" in begun or len(begun) > _MANY:  # no letter of ASCII, which every database folds alike
        return true()
    fields = [(User.name.istartswith(word), User.email.startswith(word)) for word in sorted(begun)]
    return or_(false(), *(one for pair in fields for one in pair))


def _candidates(plan: Plan, looked: str, here: Collection[int]) -> Collection[Any]:
    """Return at least whom letters may mean; without letters, who is here and the first by name."""
    if not looked:
        first = plan.readers().order_by(User.name, User.id).limit(_MANY)
        ids = {*here, *db.session.scalars(first.with_only_columns(User.id))}
        return _readers(plan, User.id.in_(ids))
    name, email = (field.icontains(looked, autoescape=True) for field in (User.name, User.email))
    # What the database does not fold as we do: names of other letters than ASCII's.
    how = "GLOB" if db.engine.dialect.name == "sqlite" else "~"
    other = User.name.op(how, is_comparison=True)("*[^ -~]*" if how == "GLOB" else "[^ -~]")
    return _readers(plan, name | email | other)


def _known(readers: Iterable[Any]) -> dict[str, int]:
    """Return whom each name means, by its key; what two people share means nobody.

    An address goes before a name, and a name before an address's first part.
    """
    known: dict[str, int] = {}
    firsts: dict[str, set[int]] = {}
    names: dict[str, set[int]] = {}
    for row in readers:
        firsts.setdefault(key(row.email.partition("@")[0]), set()).add(row.id)
        names.setdefault(key(row.name), set()).add(row.id)
    for told, ids in (firsts | names).items():
        if len(ids) == 1:
            (known[told],) = ids
    return known | {key(row.email): row.id for row in readers}


def _involved(plan: Plan) -> set[int]:
    """Return who has to do with a plan: its owner, whom it was shared with, who did something."""
    members = select(Member.user_id).where(Member.plan_id == plan.id)
    actors = select(Event.actor_id).where(Event.plan_id == plan.id, Event.actor_id.is_not(None))
    return {plan.owner_id, *db.session.scalars(members), *db.session.scalars(actors.distinct())}


def _rank(looked: str, name: str, email: str) -> int | None:
    """Return how well letters fit a person, 0 best; None: not at all."""
    shown, address = _plain(name), email.partition("@")[0]
    if shown.startswith(looked):
        return 0
    if f" {looked}" in f" {shown}" or f" {looked}" in f" {_PARTS.sub(' ', shown)}":
        return 1
    inside = f" {looked}" in f" {_PARTS.sub(' ', address)}"
    return 2 if inside or address.startswith(looked) else None


def _words(user: User, known: dict[str, int]) -> str:
    """Return the name if it is read as this person, else the address."""
    name = " ".join(user.name.split())
    return (
        name if named(f"@{name} ", known) == [name] and known[key(name)] == user.id else user.email
    )


def _plain(text: str) -> str:
    """Return a text without accents and case, its spaces single; one at the end stays."""
    bare = (
        text
        if text.isascii()
        else "".join(m for m in unicodedata.normalize("NFKD", text) if not unicodedata.combining(m))
    )
    end = " " if bare[-1:].isspace() else ""
    return (" ".join(bare.split()) + end).casefold()
