"""OAuth device codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.accounts.grants import Grant, Pending, hold_session
from planpush.accounts.sessions import hashed
from planpush.accounts.user import User
from planpush.database.encryption import keyed
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.events.event import Event

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 §6.1: no vowels, so no words, and no look-alikes
LENGTH = 8
LIFETIME = timedelta(minutes=10)
INTERVAL, SLOWER = 5, 5  # seconds
TOLERANCE = timedelta(seconds=1)  # the clocks of networks are not even
ALLOW, DENY = "allow", "deny"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a client, on a machine, from an address. All but the address is its own word."""

    client_id: str
    client_name: str
    device: str = ""
    agent: str = ""
    address: str = ""


class DeviceCode(Pending, Base):
    """One question of a terminal, until it is answered, used up or out of time."""

    __tablename__ = "device_codes"

    user_code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(100), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    interval: Mapped[int] = mapped_column(default=INTERVAL)
    polled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decision: Mapped[str | None] = mapped_column(String(5))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))

    user: Mapped[User | None] = relationship(lazy="joined")

    @classmethod
    def keep(cls, asker: Asker, scopes: Sequence[str], *, code: str, user_code: str) -> None:
        """Keep a question: the device's secret `code`, and the `user_code` for the person."""
        db.session.add(
            cls(
                code_hash=hashed(code),
                user_code_hash=keyed(plain(user_code), "user code")[0],
                client_id=asker.client_id,
                client_name=asker.client_name,
                device=asker.device[:100],
                agent=asker.agent[:200],
                address=asker.address[:64],
                scopes=list(scopes),
                expires_at=now() + LIFETIME,
            )
        )

    @classmethod
    def find(cls, code: str) -> DeviceCode | None:
        """Return the question of a device, unless its answer was fetched already."""
        query = select(cls).where(cls.code_hash == hashed(code), cls.spent_at.is_(None))
        return db.session.scalar(query)

    @classmethod
    def waiting(
        cls, typed: str, decision: str = "", *, by: User | None = None
    ) -> DeviceCode | None:
        """Return the question that a person's code belongs to, while it waits for an answer.

        Who sends an answer twice, by a double click, finds it again.
        """
        code = plain(typed)
        if len(code) != LENGTH:
            return None
        hashes = keyed(code, "user code")
        query = select(cls).where(cls.user_code_hash.in_(hashes), cls.expires_at > now())
        same = (cls.decision == decision) & (cls.user_id == (by.id if by else None))
        return db.session.scalar(query.where(cls.decision.is_(None) | same))

    def decide(self, decision: str, *, by: User, session_id: int) -> bool:
        """Answer the question; of many answers at once, one counts, and gets True.

        Raises `NotFound` when the browser session that it is given in has ended.
        """
        hold_session(by, session_id)
        query = (
            update(DeviceCode)
            .where(DeviceCode.id == self.id, DeviceCode.decision.is_(None))
            .where(DeviceCode.expires_at > now())
            .values(decision=decision, user_id=by.id)
        )
        first = db.session.execute(query.returning(DeviceCode.id)).first() is not None
        if first:
            kind = "device.allowed" if decision == ALLOW else "device.denied"
            data = {"client": self.client_id, "from": self.address, "scopes": self.scopes}
            Event.record(kind, by=by, target=self.label, data=data)
        db.session.refresh(self, ["decision", "user_id"])
        return (self.decision, self.user_id) == (decision, by.id)

    @property
    def label(self) -> str:
        """Return who asks, in words."""
        return self.client_name + (f" on {self.device}" if self.device else "")

    @property
    def age(self) -> str:
        """Return how long ago it was asked: whoever just started this can tell."""
        seconds = max(0, int((now() - self.created_at).total_seconds()))
        return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"

    @property
    def is_hurried(self) -> bool:
        """Tell whether the device asks again before the interval has passed."""
        pause = timedelta(seconds=self.interval) - TOLERANCE
        return self.polled_at is not None and now() - self.polled_at < pause

    def get_client_id(self) -> str:
        """Return who asked, as Authlib asks."""
        return self.client_id

    def get_user_code(self) -> str:
        """Return nothing: only its hash is kept, and Authlib needs it for nothing but asking us."""
        return ""

    @classmethod
    def polled(cls, code_id: int, *, slower: bool) -> None:
        """Note that a device asked; one in a hurry has to wait longer from now on."""
        step = SLOWER if slower else 0
        values = {"polled_at": now(), "interval": cls.interval + step}
        db.session.execute(update(cls).where(cls.id == code_id).values(values))

    def redeem(self) -> Grant | None:
        """Turn an answer that allows into a grant, once: None, if somebody was faster."""
        return self.turn(device=self.device)


def plain(user_code: str) -> str:
    """Return a code without what people type around its letters."""
    return "".join(letter for letter in user_code.upper() if letter in LETTERS)


def shown(user_code: str) -> str:
    """Return a code as terminals show it."""
    letters = plain(user_code)
    return f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}"
