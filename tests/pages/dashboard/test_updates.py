"""A dashboard that stays open brings its list anew; while rows are picked it says what changed."""

import re
from html import unescape
from urllib.parse import urlencode

from planpush.events.event import Event
from tests.conftest import piece
from tests.people import HTMX


def updates(one, at="/dashboard?q=", **told):
    return one.get(f"/dashboard/updates?{urlencode({'at': at} | told)}", headers=HTMX)


def listed(answer):
    return re.findall(r'href="/p/([^"?#]+)"', answer.text)


def hidden(page, name):
    return unescape(re.search(rf'name="{name}" id="pp-{name}" value="([^"]*)"', page.text)[1])


def changed(answer):
    found = re.search(r">([^<>]* changed\.)<", answer.text)
    return found[1] if found else ""


def test_the_list_comes_in_its_state_and_the_address_stays(browser, push, plan):
    alice = browser("alice")
    page = alice.get("/dashboard?q=is:private&sort=title")
    at = hidden(page, "at")
    push("alice", [piece("a")], title="Added", slug="added")
    answer = updates(alice, at)
    assert listed(answer) == ["added", plan]
    assert "HX-Push-Url" not in answer.headers and "pp-q" not in answer.text
    assert hidden(answer, "at") == at and f"#pp-at[value='{at}']" in unescape(answer.text)
    assert int(hidden(answer, "since")) > int(hidden(page, "since"))


def test_a_list_with_picked_rows_stays_and_is_told_how_much_changed(app, browser, push, plan):
    alice, charlie = browser("alice"), browser("charlie")
    with app.app_context():
        since = Event.newest_of_all()
    told = {"id": 1, "since": since}
    for number in "12":
        push("alice", [piece("a")], title="Added", slug=f"added-{number}", visibility="published")
        push("alice", [piece("a")], title="Hidden", slug=f"hidden-{number}")
    push("alice", [piece("a", "Newer.")], plan="added-1", base_version=1)
    answer = updates(alice, **told)
    assert listed(answer) == [] and changed(answer) == "4 plans changed."
    assert 'href="/dashboard?q="' in answer.text and "asked=1" in answer.text
    assert changed(updates(charlie, **told)) == "2 plans changed."


def test_nothing_that_is_hidden_is_listed_or_counted(app, browser, plan):
    with app.app_context():
        since = Event.newest_of_all()
    browser("alice").send("POST", f"/p/{plan}/threads", {"anchor": "intro", "body": "Alone"})
    charlie = browser("charlie")
    assert listed(updates(charlie)) == []
    assert updates(charlie, id=1, since=since).status_code == 204


def test_another_address_is_400(browser):
    for at in ["//evil.example", "/dashboard?q='])", "/p/auth", "x", "/dashboard?é"]:
        assert updates(browser("alice"), at).status_code == 400, at


def test_who_asks_for_it_is_led_to_what_came(browser, plan):
    alice = browser("alice")
    assert "autofocus" not in updates(alice).text
    asked = updates(alice, asked="1").text
    assert "autofocus" in asked and ":not(:has(" not in asked
