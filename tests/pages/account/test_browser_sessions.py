"""The sessions page: where one is signed in, one ended, all others ended."""

import re

import pytest
import sqlalchemy as sa

from planpush.accounts.sessions import BrowserSession
from planpush.database.session import db
from planpush.events.event import Event
from tests.conftest import at_once
from tests.people import person
from tests.signin.test_links import link, sql_time

PATH = "/settings/sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def two(app, browser):
    """Alice at two browsers; the second is Firefox."""
    here = browser("alice")
    there = app.test_client()
    token = link(app, "alice")
    there.get(f"/sign-in/local?token={token}", headers={"User-Agent": FIREFOX})
    return here, there


def ids(app, name="alice"):
    with app.app_context():
        found = sa.select(BrowserSession.id).where(BrowserSession.user_id == person(name).id)
        return list(db.session.scalars(found.order_by(BrowserSession.id)))


def recorded(app, kind):
    with app.app_context():
        return [row.data for row in db.session.scalars(sa.select(Event).where(Event.kind == kind))]


def test_the_page_tells_devices_addresses_and_this_one(app, two):
    page = two[0].get(PATH).text
    assert "Firefox on Linux" in page and "127.0.0.1" in page and "a single-use link" in page
    assert page.count("This device") == 1
    assert two[0].client.get_cookie("planpush").value not in page
    here = re.search(r'id="pp-session-(\d+)"(?:(?!</li>).)*This device', page, re.S)
    assert int(here[1]) == ids(app)[0]


def test_4_one_that_is_ended_is_out_on_its_next_request(app, two):
    here, there = two
    answer = here.send("DELETE", f"{PATH}/{ids(app)[1]}")
    assert answer.status_code == 200 and "Firefox" not in answer.text
    assert there.get("/dashboard").status_code == 302
    assert here.get("/dashboard").status_code == 200
    assert len(recorded(app, "session.ended")) == 1


def test_4_all_others_end_and_this_one_stays(app, browser, two):
    here, there = two
    bob = browser("bob")
    assert here.send("DELETE", PATH, htmx=False).location == PATH
    assert there.get("/dashboard").status_code == 302
    assert (here.get("/dashboard").status_code, bob.get("/dashboard").status_code) == (200, 200)
    assert recorded(app, "sessions.revoked") == [{"sessions": 1, "but_this": True}]


@pytest.mark.parametrize("htmx", [True, False])
def test_3_5_ending_this_one_is_signing_out(app, two, htmx):
    here, _ = two
    copy = app.test_client()
    copy.set_cookie("planpush", here.client.get_cookie("planpush").value)
    answer = here.send("DELETE", f"{PATH}/{ids(app)[0]}", htmx=htmx)
    left = answer.headers["HX-Redirect"] if htmx else answer.location
    assert (answer.status_code, left) == (200 if htmx else 303, "/sign-out/done")
    assert htmx or here.client.get_cookie("planpush") is None
    assert copy.get("/dashboard").status_code == 302
    assert len(recorded(app, "session.ended")) == 1


def test_a_session_of_somebody_else_is_404(app, browser, two):
    bob = browser("bob")
    for number in (*ids(app), 999_999):
        assert bob.send("DELETE", f"{PATH}/{number}").status_code == 404
    assert two[1].get("/dashboard").status_code == 200


def test_39_of_many_who_end_a_session_at_once_one_is_recorded(app, browser, two):
    path = f"{PATH}/{ids(app)[1]}"
    people = [browser("alice") for _ in range(4)]
    answers = at_once(4, lambda number: people[number].send("DELETE", path).status_code)
    assert sorted(answers) == [200, 404, 404, 404]
    assert len(recorded(app, "session.ended")) == 1


@pytest.mark.parametrize("column", ["seen_at", "created_at"])
def test_6_what_has_run_out_is_not_listed(app, two, sql, column):
    here, _ = two
    at = {"at": sql_time(days=8), "id": ids(app)[1]}
    sql(f"UPDATE browser_sessions SET {column} = :at WHERE id = :id", **at)
    page = here.get(PATH).text
    assert "Firefox" not in page and "End all others" not in page


def test_a_session_is_shown_with_its_provider_and_its_agent_as_text(app, browser):
    alice, agent = browser("alice"), "<script>alert(1)</script> Firefox/1"
    told = {"provider": "okta", "address": "10.2.8.7", "agent": agent}
    with app.app_context():
        BrowserSession.start(person("alice"), **told)
        db.session.commit()
    page = alice.get(PATH).text
    assert "signed in with Okta" in page and "10.2.8.7" in page and "<script>alert" not in page
