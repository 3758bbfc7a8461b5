"""When a person last looked at the feed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from planpush.accounts.user import User
from planpush.database.session import db, now

_LASTS = timedelta(minutes=30)  # so long, a page that is loaded again says the same is new


def begins(user: User) -> bool:
    """Tell whether opening the feed now is another look than the last time."""
    return user.looked_at is None or user.looked_at < now() - _LASTS


def since(user: User) -> datetime | None:
    """Return when the look before this one was; None: this is somebody's first."""
    return user.looked_at if begins(user) else user.looked_before


def note(user_id: int) -> None:
    """Note that a look begins now; said twice, it is one."""
    again = User.looked_at.is_(None) | (User.looked_at < now() - _LASTS)
    query = update(User).where(User.id == user_id, again)
    seen = {"looked_before": User.looked_at, "looked_at": now()}
    db.session.execute(query.values(seen), execution_options={"synchronize_session": False})
