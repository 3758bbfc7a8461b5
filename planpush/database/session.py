"""The database: engine settings, one transaction per request, and commit hooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    DateTime,
    Dialect,
    MetaData,
    bindparam,
    cast,
    event,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from planpush.database.outages import Outages, outage
from planpush.database.postgres import OPTIONS as POSTGRES
from planpush.database.sqlite import OPTIONS as SQLITE
from planpush.database.sqlite import read_time, teach
from planpush.paths import MIGRATIONS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_NUMBERS = postgresql.ARRAY(BigInteger)  # indexes of smaller ones find these, too
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every model; constraint names are fixed so that migrations can undo them."""

    metadata = MetaData(naming_convention=_NAMES)


db = SQLAlchemy(model_class=Base)
Subscriber = Callable[[Session, list[Any]], None]


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("times are aware")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return an aware time."""
        return value.astimezone(UTC) if value else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return what reads a time; SQLite's is read at once, in a quarter of the time."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return read_time


def init_db(app: Flask, database_url: str) -> None:
    """Connect `app` to its database and end every request's transaction."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    # Statement parameters may hold document text or token hashes: they have no place in a log.
    own = SQLITE if database_url.startswith("sqlite") else POSTGRES
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"hide_parameters": True, **own}
    db.init_app(app)
    app.extensions["planpush_subscribers"] = []
    app.before_request(_note_intent)
    app.after_request(_end_transaction)
    with app.app_context():
        app.extensions["planpush_outages"] = Outages(db.engine)
        if database_url.startswith("sqlite"):
            teach(db.engine)


def writes(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that writes although its method is a safe one (a single-use link, say)."""
    view.writes = True  # type: ignore[attr-defined]
    return view


def _note_intent() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    g.writes = getattr(view, "writes", False)
    g.after_rollback = []
    g.afterwards = []


def _end_transaction(response: Response) -> Response:
    if db.session.registry.has():  # to make a session for nothing costs more than many answers
        (commit if response.status_code < 400 else db.session.rollback)()
    later = g.pop("afterwards", []) + (
        g.pop("after_rollback", []) if response.status_code >= 400 else []
    )
    for action in later:
        g.writes = True
        try:
            action()
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            if not outage(error):  # a note that cannot be taken now is no reason to fail
                raise
    return response


def afterwards(action: Callable[[], None]) -> None:
    """Keep `action` for a transaction of its own, after this request's."""
    g.afterwards.append(action)


def outlives_refusal(action: Callable[[], object]) -> None:
    """Keep `action` for its own transaction, should this request be refused: an audit row, say."""
    g.after_rollback.append(action)


def subscribe(app: Flask, subscriber: Subscriber) -> None:
    """Let `subscriber` write its consequences of recorded events in the same transaction."""
    app.extensions["planpush_subscribers"].append(subscriber)


def commit() -> None:
    """Let the subscribers hear what happened, then commit all of it or none."""
    hear().commit()


def hear() -> Session:
    """Hand the recorded events to the subscribers; what they record themselves, too."""
    session = db.session()
    session.flush()
    while events := session.info.pop("events", []):
        for subscriber in current_app.extensions["planpush_subscribers"]:
            subscriber(session, events)
        session.flush()
    session.info.pop("held", None)
    return session


def hold(*things: Base) -> None:
    """Keep objects until the commit, for the subscribers: who is not held, is read again."""
    db.session().info.setdefault("held", []).extend(things)


@event.listens_for(Session, "after_rollback")
def _forget_events(session: Session) -> None:
    session.info.pop("events", None)
    session.info.pop("held", None)


def rows(statement: Any, values: Any = None) -> CursorResult[*tuple[Any, ...]]:
    """Return what a statement about columns finds; what was changed is flushed first."""
    # Not by the session: it would look for objects in it, which takes as long as to find it.
    db.session.flush()
    return db.session.connection().execute(statement, values)


def upsert(model: type[Base]) -> Any:
    """Return an INSERT that knows ON CONFLICT, in the words of the engine in use."""
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    return dialect.insert(model)


def among(column: Any, name: str) -> ColumnElement[bool]:
    """Return the condition that a column is one of the values in the parameter `name`."""
    found: ColumnElement[bool] = column.in_(bindparam(name, expanding=True))
    return found


def numbers(ids: Collection[int]) -> Any:
    """Return numbers, however many, as a subquery with one parameter."""
    if db.engine.dialect.name == "sqlite":
        return select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value)
    return select(func.unnest(cast(list(ids), _NUMBERS)))


def storable(text: str) -> str:
    """Return a text with U+FFFD for each NUL, which PostgreSQL can neither store nor compare."""
    return text.replace("\0", "\ufffd")


def iso(at: datetime) -> str:
    """Return a time as programs read it: UTC with a Z."""
    return at.isoformat().replace("+00:00", "Z")


def now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


def init_migrating(app: Flask) -> None:
    """Let migrations find the app's database."""
    app.extensions["migrate"] = _Lazily(app)


class _Lazily:
    """Flask-Migrate, once somebody migrates: it and Alembic take 11 MB, and a fifth of a start."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __getattr__(self, name: str) -> Any:
        from flask_migrate import Migrate

        Migrate(self.app, db, str(MIGRATIONS), render_as_batch=True, compare_type=True)
        return getattr(self.app.extensions["migrate"], name)
