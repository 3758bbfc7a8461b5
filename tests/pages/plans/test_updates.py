"""An open page is told that somebody pushed, and brings only what changed."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from planpush.accounts.sessions import BrowserSession
from planpush.database.session import db, now
from tests.conftest import piece
from tests.people import HTMX

TWELVE = [f"part-{n}" for n in range(12)]


@pytest.fixture
def dozen(push):
    return push(
        "alice", [piece(anchor, f"Text of {anchor}.") for anchor in TWELVE], title="Dozen"
    ).json["plan"]


def again(push, slug, changed=("part-3",), anchors=TWELVE, base=1):
    words = {
        anchor: "Changed." if anchor in changed else f"Text of {anchor}." for anchor in anchors
    }
    return push("alice", [piece(a, w) for a, w in words.items()], plan=slug, base_version=base)


def brought(answer) -> list[str]:
    return re.findall(r'id="s-([^"]+)"', answer.text)


def test_nothing_new_is_204(browser, dozen):
    assert browser("alice").get(f"/p/{dozen}/updates/new?v=1").status_code == 204


def test_the_notice_names_version_person_and_sections(browser, push, dozen):
    again(push, dozen)
    answer = browser("alice").get(f"/p/{dozen}/updates/new?v=1")
    assert "v2 was pushed" in answer.text and "by Alice" in answer.text
    assert "Part-3" in answer.text and "Part-4" not in answer.text


def test_one_changed_section_of_twelve_is_one_section_in_the_answer(browser, push, dozen):
    again(push, dozen)
    answer = browser("alice").get(f"/p/{dozen}/updates?v=1")
    assert brought(answer) == ["part-3"]
    assert "Changed." in answer.text and "Text of part-4." not in answer.text
    assert 'data-version="2"' in answer.text


def test_added_moved_and_removed_sections(browser, push, dozen):
    again(push, dozen, (), ["part-11", *TWELVE[:5], "fresh", *TWELVE[6:11]])
    answer = browser("alice").get(f"/p/{dozen}/updates?v=1")
    assert brought(answer) == ["part-11", "fresh"]
    gone = re.findall(r'hx-target="#s-([\w-]+)" hx-swap="delete"', answer.text)
    assert gone == ["part-5", "part-11"]


def test_a_composer_of_the_old_version_answers_for_the_page_that_moved_on(browser, push, dozen):
    alice = browser("alice")
    again(push, dozen)
    again(push, dozen, base=2, changed=("part-3", "part-4"))
    form = {"body": "Why?", "anchor": "part-7", "v": 1, "shown": 2}
    answer = alice.send("POST", f"/p/{dozen}/threads", form)
    assert answer.status_code == 201
    assert "threads?v=2" in answer.text and "threads?v=1" not in answer.text


def seen(app) -> datetime:
    with app.app_context():
        return db.session.scalars(select(BrowserSession.seen_at)).one()


@pytest.mark.parametrize(("path", "touched"), [("updates/new", False), ("updates", True)])
def test_asking_by_itself_does_not_keep_a_session_alive(app, browser, plan, path, touched):
    alice = browser("alice")
    before = now() - timedelta(minutes=30)
    with app.app_context():
        db.session.execute(update(BrowserSession).values(seen_at=before))
        db.session.commit()
    assert alice.get(f"/p/{plan}/{path}?v=1").status_code in (200, 204)
    assert (seen(app) > before) is touched


def test_the_signed_out_are_told_on_the_page_that_holds_their_words(app, plan):
    answer = app.test_client().get(f"/p/{plan}/updates/new?v=1", headers=HTMX)
    assert answer.status_code == 401 and "HX-Redirect" not in answer.headers
    assert "You are signed out" in answer.text and "Auth" not in answer.text
