"""Caches of a process: bounded, one for each app, and closed to what may be rolled back."""

import pytest
from flask import g

from planpush.database.process_cache import ProcessCache


@pytest.fixture
def reading(app):
    """A request that only reads."""
    with app.test_request_context():
        g.writes = False
        yield app


def test_what_was_not_used_for_longest_makes_room(reading):
    cache = ProcessCache.named("letters", 6, len)
    for word in ("abc", "def"):
        cache.put(word, word)
    assert cache.get("abc") == "abc"
    cache.put("ghi", "ghi")
    cache.put("long", "longer than all")
    assert [cache.get(word) for word in ("abc", "def", "ghi", "long")] == ["abc", None, "ghi", None]


def test_a_name_is_one_cache_of_an_app(reading, another):
    ProcessCache.named("letters", 6, len).put("a", "a")
    assert ProcessCache.named("letters", 6, len).get("a") == "a"
    with another().app_context():
        assert ProcessCache.named("letters", 6, len).get("a") is None


def test_a_transaction_that_writes_leaves_nothing(reading):
    cache = ProcessCache.named("letters", 6, len)
    g.writes = True
    cache.put("a", "a")
    assert cache.get("a") is None


def test_a_comment_that_was_rolled_back_is_never_shown(app, browser, plan, monkeypatch):
    """SQLite gives the ids of its thread and event to the next one."""
    alice, path = browser("alice"), f"/p/{plan}/threads"
    with monkeypatch.context() as broken:

        def fail():
            raise RuntimeError("the disk is full")

        broken.setattr("planpush.database.session.hear", fail)
        app.testing = False
        assert alice.send("POST", path, {"body": "Lost", "anchor": "intro"}).status_code == 500
    assert alice.send("POST", path, {"body": "Kept", "anchor": "intro"}).status_code == 201
    page = alice.get(path).text
    assert "Kept" in page and "Lost" not in page
