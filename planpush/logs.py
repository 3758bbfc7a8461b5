"""Logging: one line per event, as text or JSON, with secrets removed.

A line says what happened and where, by numbers: never a token, an address with its query, or what
somebody wrote. What an error says of itself may hold all of these, so only errors whose words are
the interpreter's own are quoted; of the others a line has the kind and the place.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask import g, has_app_context
from sqlalchemy.exc import StatementError

# Flask-Dance prints the client secret, requests-oauthlib and Authlib whole tokens.
TALKATIVE = (
    "flask_dance", "requests_oauthlib", "oauthlib", "authlib", "joserfc", "urllib3", "slack_sdk",
)  # fmt: skip
OURS = "planpush"
_PLAIN = (
    AttributeError, TypeError, NameError, ImportError, OSError, MemoryError, RuntimeError,
)  # fmt: skip
_LONGEST, _DEEPEST = 2_000, 8
_SECRET = re.compile(
    r"\bpp[arts]_[\w-]{6,}"  # our own tokens
    r"|\bxox[a-z]-[\w-]+|/services/[\w/]+"  # Slack's
    r"|(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}"
    r"|(?<=\?)[^\s'\"<>?]*=[^\s'\"<>]*"  # a query
    r"|(?<=://)[^\s/@'\"]*:[^\s/@'\"]*(?=@)"  # a name and a password
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_about: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039


def init_logs(level: str) -> None:
    """Keep those libraries at INFO or above, however much detail LOG_LEVEL asks of us."""
    least = max(logging.INFO, logging.getLevelNamesMapping()[level])
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(least)


def write_logs(level: str, form: str = "") -> None:
    """Write logs to standard error: "text" or "json"; by itself text for a person at a terminal."""
    root = logging.getLogger()
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if root.handlers:  # whoever runs this inside of something else has decided already
        return
    handler = logging.StreamHandler(sys.stderr)
    text = (form or ("text" if sys.stderr.isatty() else "json")) == "text"
    handler.setFormatter(TextLines() if text else JsonLines())
    handler.addFilter(is_for_operators)
    root.addHandler(handler)


def is_for_operators(record: logging.LogRecord) -> bool:
    """Tell whether a line may be written: of libraries nothing below INFO."""
    ours = record.name == OURS or record.name.startswith(OURS + ".")
    return ours or record.levelno >= logging.INFO


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Let the lines of this thread say what they are about: job="sweep", delivery=7."""
    token = _about.set({**_about.get(), **facts})
    try:
        yield
    finally:
        _about.reset(token)


class JsonLines(logging.Formatter):
    """Each record as an object on a line of its own."""

    _encode = json.JSONEncoder(separators=(",", ":"), default=str).encode

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[1]:
            told["exception"] = told_of(record.exc_info[1])
        return self._encode(told)


class TextLines(logging.Formatter):
    """Each record on a line, what failed below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or lines."""
        known = ((name, value) for name, value in _facts(record).items() if value is not None)
        facts = "".join(f" {name}={value}" for name, value in known)
        message = _CONTROL.sub(lambda mark: f"\\x{ord(mark[0]):02x}", _message(record) + facts)
        line = f"{_time(record.created)} {record.levelname:<7} {record.name}: {message}"
        if record.exc_info and record.exc_info[1]:
            line += "\n" + told_of(record.exc_info[1])
        return line


def told_of(error: BaseException) -> str:
    """Return where an error came from, and those before it, the last one first."""
    parts: list[str] = []
    found: BaseException | None = error
    while found is not None and len(parts) < _DEEPEST:
        where = "".join(traceback.format_tb(found.__traceback__))
        parts.append(f"{scrubbed(where)}{kind_of(found)}")
        before = None if found.__suppress_context__ else found.__context__
        found = found.__cause__ or before
    return "\nThe one before it:\n".join(parts)


def kind_of(error: BaseException) -> str:
    """Return the kind of an error, and its words where they cannot be anybody's."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, StatementError):
        below = f": {kind_of(error.orig)}" if error.orig is not None else ""
        return f"{name}{below} in {(error.statement or '')[:_LONGEST]}"
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    if code:  # a database quotes the row
        return f"{name} ({code})"
    if name.startswith("psycopg.") and not code:  # the connection's own words
        return f"{name}: {scrubbed(str(error))[:_LONGEST]}"
    if isinstance(error, BaseExceptionGroup):
        return f"{name}: {'; '.join(kind_of(one) for one in error.exceptions[:_DEEPEST])}"
    plain = isinstance(error, _PLAIN) and type(error).__module__ == "builtins"
    return f"{name}: {scrubbed(str(error))[:_LONGEST]}" if plain else name


def scrubbed(text: str) -> str:
    """Return a text without what looks like a token, a query or a password."""
    return _SECRET.sub("…", text)


def _message(record: logging.LogRecord) -> str:
    try:
        return scrubbed(record.getMessage())
    except (TypeError, ValueError):
        return f"{scrubbed(str(record.msg))} (what belongs into it does not fit)"


def _facts(record: logging.LogRecord) -> Mapping[str, Any]:
    """Return what a line says beside its message: its own `fields`, the request, the job."""
    request_id = g.get("request_id") if has_app_context() else None
    about_it = {"request_id": request_id} if request_id else {}
    return {**getattr(record, "fields", {}), **about_it, **_about.get()}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
