"""Checks again that people who signed in with GitHub still belong to the organization."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, or_, select, update

from planpush.accounts.identity import Identity
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.database.encryption import resealed, unseal
from planpush.database.session import db, now
from planpush.settings.store import settings

EVERY = timedelta(minutes=10)
AGAIN = timedelta(minutes=3)  # after no answer; both together stay below a quarter of an hour


@dataclass(frozen=True, slots=True)
class Claimed:
    """A membership that one worker asks about. `sealed` is the token as it is stored."""

    id: int
    login: str
    subject: str
    token: str
    sealed: str


def claim_due(most: int) -> list[Claimed]:
    """Claim up to `most` memberships that are due, the longest waiting first.

    Until AGAIN has passed no other worker gets them, whatever becomes of this one. A token goes
    only to the server that it is of; one that cannot be read stays where it is.
    """
    at, forms = now(), {"synchronize_session": False}
    rows = db.session.execute(
        update(Identity)
        .where(Identity.id.in_(_due(at).limit(most)), Identity.checked_at < at - EVERY)
        .values(checked_at=at - EVERY + AGAIN)
        .returning(Identity.id, Identity.login, Identity.subject, Identity.sealed_token),
        execution_options=forms,
    ).all()
    return [
        Claimed(row.id, row.login, row.subject, token, _renewed(row.id, row.sealed_token))
        for row in rows
        if (token := unseal(row.sealed_token))
    ]


def confirm(ids: Collection[int]) -> None:
    """Note that people are members still: they are due after EVERY."""
    db.session.execute(update(Identity).where(Identity.id.in_(ids)).values(checked_at=now()))


def end(claimed: Claimed) -> bool:
    """Sign somebody out everywhere who is no member any more; False if they have proved it anew.

    The token goes, too: it is of no more use, and nobody is asked about twice.
    """
    user_id = db.session.scalar(
        update(Identity)
        .where(Identity.id == claimed.id, Identity.sealed_token == claimed.sealed)
        .values(sealed_token="", checked_at=now())
        .returning(Identity.user_id)
    )
    user = db.session.get(User, user_id) if user_id is not None else None
    if user is not None:
        user.sign_out_everywhere(by=None, reason="not_a_member")
    return user is not None


def _due(at: datetime) -> Select[int]:
    """Return who is to be asked about: active people with a token who could come in right now."""
    return (
        select(Identity.id)
        .join(User, User.id == Identity.user_id)
        .where(
            Identity.provider == "github",
            Identity.issuer == settings().github_url,
            Identity.checked_at < at - EVERY,
            Identity.sealed_token != "",
            User.active,
            _is_in(),
        )
        .order_by(Identity.checked_at)
        .with_for_update(skip_locked=True, of=Identity)
    )


def _is_in() -> ColumnElement[bool]:
    """Return the condition of having a live session or token."""
    session = exists().where(BrowserSession.user_id == Identity.user_id, BrowserSession.live())
    return or_(session, exists().where(Token.user_id == Identity.user_id, Token.live()))


def _renewed(identity_id: int, sealed: str) -> str:
    """Return the stored form of a token, under the newest key from now on."""
    fresh = resealed(sealed)
    if fresh is None:
        return sealed
    found = update(Identity).where(Identity.id == identity_id, Identity.sealed_token == sealed)
    db.session.execute(found.values(sealed_token=fresh))
    return fresh
