"""Connected devices: a person sees what acts for them, and ends it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.events.event import Event
from tests.people import person
from tests.terminal import Terminal

PAGE = "/settings/tokens"


@pytest.fixture
def terminal(app, browser):
    """alice's terminal, signed in."""
    made = Terminal(app)
    made.sign_in(browser("alice"), device_name="<i>laptop</i>", scope="plans:read")
    return made


def listed(who):
    return re.findall(r'<li id="pp-grant-(\d+)">', who.get(PAGE).text)


def test_the_page_lists_device_address_scopes_and_last_use(app, browser, terminal):
    page = browser("alice").get(PAGE).text.partition('<div id="grants">')[2]
    for fact in ("planpush on &lt;i&gt;laptop&lt;/i&gt;", "127.0.0.1", "never used", "plans:read"):
        assert fact in page, fact
    assert "plans:write" not in page
    assert terminal.use() == 200
    assert "last used" in browser("alice").get(PAGE).text
    terminal.renew()
    assert len(listed(browser("alice"))) == 1
    assert listed(browser("bob")) == []


@pytest.mark.parametrize("htmx", [True, False])
def test_38_ending_a_device_takes_all_it_has(app, browser, terminal, htmx):
    other, alice = Terminal(app), browser("alice")
    other.sign_in(alice)
    first = terminal.got["access_token"]
    terminal.renew()
    path = f"/settings/grants/{listed(alice)[1]}"
    verb = ("DELETE", path) if htmx else ("POST", f"{path}?_method=DELETE")
    answer = alice.send(*verb, htmx=htmx)
    if htmx:
        assert answer.status_code == 200 and "laptop" not in answer.text
        assert "pp-grant-" in answer.text and "<html" not in answer.text
    else:
        assert (answer.status_code, answer.location) == (303, PAGE)
    assert terminal.use() == terminal.use(token=first) == 401
    assert terminal.renew().json["error"] == "invalid_grant"
    assert other.use() == 200 and len(listed(alice)) == 1
    with app.app_context():
        (row,) = db.session.scalars(sa.select(Event).where(Event.kind == "token.revoked"))
        assert row.actor_id == person("alice").id and "laptop" in row.target


def test_nobody_ends_what_is_not_theirs(browser, terminal):
    (grant_id,) = listed(browser("alice"))
    for name in ("bob", "ada"):
        answer = browser(name).send("DELETE", f"/settings/grants/{grant_id}", htmx=False)
        assert answer.status_code == 404
    assert browser("alice").send("DELETE", "/settings/grants/999999999").status_code == 404
    assert terminal.use() == 200
