"""Outages, as the problems that people and programs are told of; the log has what it was."""

from __future__ import annotations

import logging

from flask import request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import ObjectDeletedError

from planpush.content.problem import Problem
from planpush.logs import kind_of
from planpush.outage import RETRY_AFTER, SENTENCES, outage
from planpush.web.request_id import request_id

log = logging.getLogger("planpush")

_TEXTS = ("body", "note", "message")  # the fields of our forms that take more than a word


def of_database(error: Exception) -> Problem | None:
    """Return what an error of the database, or of its disk, is to whoever asked.

    None: it is an error of ours.
    """
    if isinstance(error, ObjectDeletedError):  # a row that this request held: its own session, say
        return Problem("That is gone since a moment ago.", status=409, code="conflict")
    if isinstance(error, IntegrityError):
        kind = type(error.orig).__name__  # its text may hold what was sent
        log.warning("two requests for one thing, request %s: %s", request_id(), kind)
        return Problem("Somebody did the same at this moment.", status=409, code="conflict")
    kind = outage(error)
    if not kind:
        return None
    what = kind_of(getattr(error, "orig", None) or error)
    log.error("database, request %s: %s: %s", request_id(), kind, what)
    return unavailable(kind)


def unavailable(kind: str) -> Problem:
    """Return the problem that an outage is: 503, with the seconds after which to try again."""
    extra = {"retry_after": RETRY_AFTER[kind]}
    return Problem(SENTENCES[kind], extra=extra, status=503, code=kind)


def typed(status: int) -> list[str]:
    """Return what somebody typed into a form that could not be saved: they get it back."""
    if status != 503 or request.method != "POST":
        return []
    return [text for name in _TEXTS if (text := request.form.get(name, "").strip())]
