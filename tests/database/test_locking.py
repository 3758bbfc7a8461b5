from __future__ import annotations

from flask import g
from sqlalchemy.exc import OperationalError

from planpush.database.session import db
from planpush.document.sanitizer import sanitizer
from tests.conftest import DOCUMENT


def test_the_long_work_of_a_push_holds_no_write_lock(app, agent, monkeypatch):
    seen = []
    clean = sanitizer.clean

    def watched(html: str) -> str:
        seen.append(g.writes)
        return clean(html)

    monkeypatch.setattr(sanitizer, "clean", watched)
    url = "/api/push?title=T"
    assert agent("alice", "POST", url, data=DOCUMENT, content_type="text/html").status_code == 201
    assert seen and not any(seen)


def test_a_busy_database_is_503_with_retry_after(browser, monkeypatch):
    visitor = browser("alice")

    def busy(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(db.session, "execute", busy)
    answer = visitor.get("/dashboard")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
