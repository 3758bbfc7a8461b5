"""Plans: title, address, owner, visibility and archive."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, Select, String, exists, false, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from planpush.accounts.user import Reader, User
from planpush.database.paging import walk
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.database.sqlite import quiet
from planpush.errors import Finding, Forbidden, Invalid, NotFound
from planpush.events.event import Event, where

if TYPE_CHECKING:
    from planpush.accounts.user import User
    from planpush.comments.thread import Thread
    from planpush.document.anchoring.target import Place
    from planpush.versions.push import Pushed
    from planpush.versions.request import Push


@dataclass(frozen=True, slots=True)
class Move:
    """Where a plan is put, the event that this is, and the move that takes it back."""

    event: str
    back: str
    visibility: str = ""
    archived: bool = False

    def is_made(self, plan: Plan) -> bool:
        """Tell whether a plan lies there already."""
        if self.visibility:
            return plan.visibility == self.visibility
        return (plan.archived_at is not None) == self.archived

    def make(self, plan: Plan) -> None:
        """Put a plan there."""
        if self.visibility:
            plan.visibility = self.visibility
        else:
            plan.archived_at = now() if self.archived else None


MOVES = {
    "archive": Move("plan.archived", "unarchive", archived=True),
    "unarchive": Move("plan.unarchived", "archive"),
    "publish": Move("plan.published", "unpublish", visibility="published"),
    "unpublish": Move("plan.unpublished", "publish", visibility="private"),
}


def move(plan: Plan, name: str, *, by: User) -> bool:
    """Put a plan somewhere else; tell whether it was. Raises `Forbidden`."""
    plan.only_managers(by)
    found = MOVES[name]
    if found.is_made(plan):
        return False
    found.make(plan)
    plan.record(found.event, by=by)
    return True


def bring_back(plan: Plan, *, by: User) -> None:
    """Take a plan out of the archive because whoever may push went on with it."""
    if plan.archived_at is not None:
        MOVES["unarchive"].make(plan)
        plan.record("plan.unarchived", by=by, data={"because": "version.pushed"})


PRIVATE, PUBLISHED = "private", "published"
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
EDITOR, REVIEWER = "editor", "reviewer"
MOST_HANDED = 100  # plans by one request: of each somebody is told


class Plan(Base):
    """A design document's address. Counters that the dashboard sorts by are stored here."""

    __tablename__ = "plans"
    __table_args__ = (
        Index(None, "owner_id", "active_at", "id"),
        walk("active_at"),
        walk("created_at"),
        walk("title_key"),
        walk("newest"),
        walk("open_threads"),
        walk("visibility", "active_at"),
        walk("verdict", "active_at"),
        Index("ix_plans_deleted_at", "deleted_at", **where("deleted_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    title_key: Mapped[str] = mapped_column(String(400))  # what a list is sorted by
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    visibility: Mapped[str] = mapped_column(String(10), default=PRIVATE)
    newest: Mapped[int] = mapped_column(default=0)
    last_number: Mapped[int] = mapped_column(default=0)  # ever used: the newest may be purged
    open_threads: Mapped[int] = mapped_column(default=0)
    resolved_threads: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    verdict: Mapped[str] = mapped_column(String(20), default="")  # of the newest version's reviews
    slack_channel: Mapped[str] = mapped_column(String(80), default="")  # empty: the server's
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    active_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    archived: Mapped[bool] = mapped_column(default=False)  # what every list's index begins with
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    owner: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @validates("title")
    def _note_title(self, _name: str, title: str) -> str:
        self.title_key = title.casefold()[:400]
        return title

    @validates("archived_at")
    def _note_archived(self, _name: str, at: datetime | None) -> datetime | None:
        self.archived = at is not None
        return at

    @classmethod
    def visible_to(cls, user: User | Reader) -> Select[Plan]:
        """Return the plans that `user` may know of: the one lookup that everything goes through."""
        query = select(cls).where(cls.deleted_at.is_(None))
        if user.sees_everything:
            return query
        # Not IN: PostgreSQL would look at every plan, however few are asked for.
        asked = exists().where(Member.plan_id == cls.id, Member.user_id == user.id)
        theirs = or_(quiet(cls.owner_id) == user.id, asked)
        if not user.may("plans.see_published"):
            return query.where(theirs)
        return query.where(or_(quiet(cls.visibility) == PUBLISHED, theirs))

    def readers(self) -> Select[User]:
        """Return the active people who may know of this plan: `visible_to`, the other way round."""
        asked = select(Member.user_id).where(Member.plan_id == self.id)
        may = User.holding("plans.see_all") | User.id.in_(asked) | (User.id == self.owner_id)
        if self.visibility == PUBLISHED:
            may |= User.holding("plans.see_published")
        return User.people().where(User.active, may if self.deleted_at is None else false())

    @classmethod
    def find(cls, slug: str, user: User, *, lock: bool = False) -> Plan:
        """Return the plan at `slug`; raises `NotFound` if there is none that `user` may see."""
        query = cls.visible_to(user).where(cls.slug == slug)
        if lock:
            # Whoever notes that they look at the plan refers to its row: they need not wait.
            query = query.with_for_update(of=cls, key_share=True)
        found = db.session.scalar(query) if SLUG.fullmatch(slug) else None
        if found is None:
            raise NotFound("There is no such plan, or it is not published. Ask who sent the link.")
        return found

    @classmethod
    def start(cls, *, title: str, wish: str | None, visibility: str, by: User) -> Plan:
        """Make an empty plan of `by`. A wished address that is taken silently gets a suffix."""
        slug = wish or secrets.token_hex(3)
        while True:
            plan = cls(slug=slug, title=title, owner_id=by.id, owner=by, visibility=visibility)
            try:
                with db.session.begin_nested():
                    db.session.add(plan)
                return plan
            except IntegrityError:  # also when somebody else takes it at this very moment
                stem = f"{wish[:57].rstrip('-')}-" if wish else ""
                slug = stem + secrets.token_hex(3)

    def push(self, push: Push, *, by: User) -> Pushed:
        """Make the next version, all of it or nothing; the same content makes none."""
        from planpush.versions.push import push_version

        return push_version(self, push, by=by)

    def pushable_by(self, user: User) -> bool:
        """Tell whether `user` may push a version: the owner and the editors."""
        return user.id == self.owner_id or bool(
            db.session.get(Member, (self.id, user.id, EDITOR))  # one primary-key lookup
        )

    def manageable_by(self, user: User) -> bool:
        """Tell whether `user` may publish, archive or hand over."""
        return user.id == self.owner_id or user.may("plans.manage")

    def only_managers(self, by: User) -> None:
        """Raise `Forbidden` unless `by` may publish, archive or hand over."""
        if not self.manageable_by(by):
            raise Forbidden("Only its owner, an admin or a project manager may do that.")

    def resolvable_by(self, user: User, opener_id: int) -> bool:
        """Tell whether `user` may resolve a thread that `opener_id` opened."""
        return user.id in (opener_id, self.owner_id) or user.may("threads.resolve")

    def publish(self, *, by: User) -> None:
        """Let every signed-in person see this plan."""
        move(self, "publish", by=by)

    def unpublish(self, *, by: User) -> None:
        """Take this plan back to its owner, editors and reviewers."""
        move(self, "unpublish", by=by)

    def archive(self, *, by: User) -> None:
        """Put this plan away: lists leave it out, its address and all it holds stay."""
        move(self, "archive", by=by)

    def unarchive(self, *, by: User) -> None:
        """Take this plan out of the archive."""
        move(self, "unarchive", by=by)

    @classmethod
    def owned_by(cls, user: User) -> Select[Plan]:
        """Return a person's plans, the archived and the deleted ones, too."""
        return select(cls).where(cls.owner_id == user.id).order_by(cls.id)

    @classmethod
    def count_owned(cls, user: User) -> int:
        """Return how many plans a person owns."""
        query = select(func.count()).where(cls.owner_id == user.id)
        return db.session.scalar(query) or 0

    def hand_over(self, to: User, *, by: User) -> None:
        """Make `to` the owner; who owned it so far stays its editor, unless they have left."""
        self.only_managers(by)
        before = self.owner
        if to.id == before.id:
            message = f"{before.name} owns this plan already."
            raise Invalid(message, [Finding("owner", message, field="email")])
        if before.active and before.deleted_at is None:
            db.session.merge(Member(plan_id=self.id, user_id=before.id, kind=EDITOR))
        self.owner_id, self.owner = to.id, to
        self.record("plan.handed_over", by=by, target=to.email, data={"from": before.email})

    @classmethod
    def hand_over_all(cls, giver: User, to: User, *, by: User) -> int:
        """Make `to` the owner of what `giver` owns, `MOST_HANDED` at a time; return how many."""
        if not by.may("plans.manage"):
            raise Forbidden("Only an admin or a project manager may do that.")
        some = cls.owned_by(giver).order_by(cls.id).limit(MOST_HANDED).with_for_update(of=cls)
        for plan in (plans := db.session.scalars(some).all()):
            plan.hand_over(to, by=by)
        return len(plans)

    def open_thread(
        self,
        place: Place,
        body: str,
        *,
        by: User,
        on: int,
        shown: int | None = None,
        blocking: bool = False,
        via: str = "",
    ) -> Thread:
        """Open a thread at `place` on version `on` with its first comment.

        `shown` is the version of the page that it is written on, `on` unless that moved on.
        """
        from planpush.comments.thread import Thread

        return Thread.open(
            self, place, body, by=by, on=on, shown=shown or on, blocking=blocking, via=via
        )

    def record(
        self,
        kind: str,
        *,
        by: User,
        thread_id: int | None = None,
        target: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Record an event of this plan."""
        Event.record(kind, by=by, plan_id=self.id, thread_id=thread_id, target=target, data=data)


class Member(Base):
    """Somebody who was let in: an editor may push, a reviewer was asked to look."""

    __tablename__ = "members"
    __table_args__ = (Index(None, "user_id", "plan_id"),)

    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
