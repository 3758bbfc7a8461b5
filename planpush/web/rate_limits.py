"""Rate limits per person and per address."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from flask import g, request

from planpush.database.rate_limits import RateLimit
from planpush.database.session import db, outlives_refusal
from planpush.errors import Problem
from planpush.events.event import Event
from planpush.settings.store import settings
from planpush.web.auth import config

_PORT = re.compile(r"^(?:\[([^]]+)\]|([0-9.]+))(?::[0-9]+)?$")
Limit = int | Callable[[], int]
_MOST_ROWS = 200  # a minute from one place: strangers must not fill the audit log


def limited(
    name: str, *, limit: Limit, seconds: int, apart: bool = False, audit: str = ""
) -> Callable[..., Any]:
    """Let one person (or address, when nobody is signed in) call a view `limit` times.

    A limit that an admin may change is given as a function.
    `apart` counts in a transaction of its own: for a view that works long before it writes, and
    where those that are refused have to be counted exactly.
    `audit` is the kind of event that one too many is.
    """

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if config().rate_limits:
                most = limit() if callable(limit) else limit
                _count(name, most, seconds, apart, audit)
            return view(*args, **kwargs)

        guarded.limited = True  # type: ignore[attr-defined]
        return guarded

    return wrap


sign_in_limited = limited(
    "sign-in",
    limit=lambda: settings().sign_in_limit,
    seconds=60,
    apart=True,
    audit="sign_in.failed",
)


def count_guess(name: str, *, limit: int, seconds: int) -> list[str]:
    """Count a try at something secret, by this person and, five times as many, from this address.

    Returns what to hand to `forgive_guess` if it was right. Raises 429 after too many wrong ones,
    which are counted before anything is looked up, and however many come at once.
    """
    if not config().rate_limits:
        return []
    subjects = {f"{name}:{_subscriber()}"[:120]: 5 * limit}
    if g.get("user"):
        subjects[f"{name}:user:{g.user.id}"] = limit
    for subject, most in subjects.items():
        wait = _hit_apart(subject, most, seconds)
        if wait:
            raise _too_often(wait)
    return list(subjects)


def forgive_guess(subjects: list[str]) -> None:
    """Take a try off the count: it was right."""
    for subject in subjects:
        RateLimit.take_back(subject)


def noted(kind: str, **data: str) -> None:
    """Record a refusal, as long as not too many come from one place."""
    if not _hit(f"{kind}:{_subscriber()}"[:120], _MOST_ROWS, 60):
        Event.record(kind, by=g.user, data=data)


def _count(name: str, limit: int, seconds: int, apart: bool, audit: str) -> None:
    who = f"user:{g.user.id}" if g.get("user") else f"address:{_subscriber()}"
    subject = f"{name}:{who}"[:120]
    if apart:
        wait = _hit_apart(subject, limit, seconds)
    else:
        outlives_refusal(lambda: _hit(subject, limit, seconds))
        wait = _hit(subject, limit, seconds)
    if wait:
        if audit:
            outlives_refusal(lambda: noted(audit, reason="rate_limited"))
        raise _too_often(wait)


def _too_often(wait: int) -> Problem:
    told = f"{wait} seconds" if wait < 120 else f"{-(-wait // 60)} minutes"
    return Problem(
        f"That was too often: try again in {told}.",
        extra={"retry_after": wait},
        status=429,
        code="rate_limited",
    )


def _subscriber() -> str:
    """Return an IPv4 address, or the network of an IPv6 one: a subscriber has all its 2^64.

    Some proxies name the port, too; on a socket for both kinds an IPv4 address looks like IPv6.
    """
    told = request.remote_addr or ""
    try:
        found = ip_address(_PORT.sub(r"\1\2", told))
    except ValueError:  # a proxy's own word for it
        return told
    if isinstance(found, IPv6Address):
        within = ip_network(f"{found}/64", strict=False).network_address
        return str(found.ipv4_mapped or within)
    return str(found)


def _hit_apart(subject: str, limit: int, seconds: int) -> int:
    before, g.writes = g.writes, True
    db.session.rollback()
    wait = _hit(subject, limit, seconds)
    db.session.commit()
    g.writes = before
    return wait


def _hit(subject: str, limit: int, seconds: int) -> int:
    return RateLimit.hit(subject, limit=limit, seconds=seconds)
