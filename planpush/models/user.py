"""People: who they are, and what they may do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.config import ROLES
from planpush.content.problem import Finding, Invalid
from planpush.db import Base, UTCDateTime, db, now

SEES_EVERYTHING = frozenset({"admin", "project_manager"})
ROLE_NAMES = {
    "admin": "Admin",
    "project_manager": "Project manager",
    "developer": "Developer",
    "qa": "QA",
}
HUES = 6


class User(Base):
    """A person. Roles are a set; the highest one is shown."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def add(cls, email: str, *, name: str, roles: list[str]) -> User:
        """Make a person. Raises `Invalid`: the address is taken or malformed, a role unknown."""
        email = email.strip().lower()
        if "@" not in email or len(email) > 254 or any(mark.isspace() for mark in email):
            raise Invalid("That is no e-mail address.", [Finding("email", "not an address")])
        if not roles or not set(roles) <= set(ROLES):
            raise Invalid(f"Roles are {', '.join(ROLES)}.", [Finding("role", "unknown role")])
        if cls.by_email(email) is not None:
            raise Invalid(f"{email} exists already.", [Finding("email", "taken")])
        user = cls(email=email, name=name.strip() or email, roles=sorted(set(roles)))
        db.session.add(user)
        db.session.flush()
        return user

    @classmethod
    def by_email(cls, email: str) -> User | None:
        """Find a person by address, in any case."""
        return db.session.scalar(select(cls).where(cls.email == email.strip().lower()))

    @property
    def role(self) -> str:
        """Return the highest role, in words."""
        held = [name for name in ROLES if name in self.roles]
        return ROLE_NAMES[held[0]] if held else "No role"

    @property
    def sees_everything(self) -> bool:
        """Tell whether private plans of others are visible to this person."""
        return bool(SEES_EVERYTHING & set(self.roles))

    @property
    def initials(self) -> str:
        """Return one or two letters for the avatar."""
        words = [word for word in self.name.split() if word[0].isalnum()] or [self.email]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def hue(self) -> int:
        """Return the avatar's colour class, 1 to 6: the same person always has the same."""
        return self.id % HUES + 1
