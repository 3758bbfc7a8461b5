"""Rate limits per person and per address, shared by every worker through the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from planpush.content.problem import Problem
from planpush.db import db, outlives_refusal
from planpush.models.rate_limit import RateLimit
from planpush.web.auth import begin_writing, config


def limited(
    name: str, *, limit: int | Callable[[], int], seconds: int, apart: bool = False
) -> Callable[..., Any]:
    """Let one person (or address, when nobody is signed in) call a view `limit` times.

    A limit that an admin may change is given as a function.
    `apart` counts in a transaction of its own, for a view that works long before it writes.
    """

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if config().rate_limits:
                most = limit() if callable(limit) else limit
                _count(name, most, seconds, apart)
            return view(*args, **kwargs)

        return guarded

    return wrap


def _count(name: str, limit: int, seconds: int, apart: bool) -> None:
    who = f"user:{g.user.id}" if g.get("user") else f"address:{request.remote_addr}"
    subject = f"{name}:{who}"[:120]
    if apart:
        wait = _hit_apart(subject, limit, seconds)
    else:
        outlives_refusal(lambda: _hit(subject, limit, seconds))
        wait = _hit(subject, limit, seconds)
    if wait:
        raise Problem(
            f"That was too often: wait {wait} seconds.",
            extra={"retry_after": wait},
            status=429,
            code="rate_limited",
        )


def _hit_apart(subject: str, limit: int, seconds: int) -> int:
    begin_writing()
    wait = _hit(subject, limit, seconds)
    db.session.commit()
    g.writes = False
    return wait


def _hit(subject: str, limit: int, seconds: int) -> int:
    return RateLimit.hit(subject, limit=limit, seconds=seconds)
