"""The activity page: rows, filters, pages, muting from a row; and the bar that leads here."""

import re

import pytest

from planpush.activity import feed
from tests.conftest import piece

HOSTILE = "<script>alert(1)</script> & <b>bold</b>"


def say(browser, name, plan, body):
    place = {"anchor": "intro", "quote": "rotate", "body": body}
    return browser(name).send("POST", f"/p/{plan}/threads", place)


def rows(page):
    return re.findall(r'<li class="notice moment( unread)?"', page.text)


def told(page):
    text = re.sub(r"</?(?:b|bdi)>", "", page.text)
    return re.findall(r'<a class="go"[^>]*>(?:<span class="sr">New: </span>)?([^<]+)</a>', text)


def chosen(page):
    return re.findall(r'id="pp-show-(\w+)"[^>]*aria-current="true"', page.text)


def test_rows_say_who_did_what_where(browser, plan):
    say(browser, "bob", plan, HOSTILE)
    page = browser("alice").get("/activity")
    assert page.status_code == 200 and chosen(page) == ["all"]
    assert told(page) == ["Bob commented on Auth", "Alice pushed version 1 of Auth"]
    assert "<bdi>Intro</bdi> · <q>rotate</q>" in page.text and "Today" in page.text
    assert "&lt;script&gt;alert(1)" in page.text and "<b>bold" not in page.text
    assert re.search(rf'href="/p/{plan}\?thread=(\d+)#t\1"', page.text)
    assert f'href="/p/{plan}?v=1"' in page.text


def test_an_agent_is_marked(browser, agent, push, plan, thread):
    agent("bob", "POST", f"/api/threads/{thread}/comments", json={"body": "Last"})
    push("alice", [piece("intro")], plan=plan, base_version=1, source={"agent": "an agent"})
    page = browser("alice").get("/activity")
    assert told(page)[:2] == [
        "Alice’s agent pushed version 2 of Auth",
        "Bob’s agent replied on Auth",
    ]


CHIPS = [
    ("pushes", ["Alice pushed version 1 of Auth"]),
    ("comments", ["Bob commented on Auth"]),
    ("reviews", []),
    ("mentions", ["Bob mentioned you on Auth"]),
    ("mine", ["Alice pushed version 1 of Auth"]),
]


def test_the_chips_narrow(browser, plan):
    say(browser, "bob", plan, "@Alice, look")
    for show, first in CHIPS:
        page = browser("alice").get(f"/activity?show={show}")
        assert (told(page), chosen(page)) == (first, [show]), (show, first)
        assert first or "No reviews yet." in page.text


def test_an_unknown_filter_is_a_sentence_above_the_list(browser, plan):
    for show in ["nope", "Pushes", HOSTILE, "x" * 500]:
        page = browser("alice").get("/activity", query_string={"show": show})
        assert page.status_code == 422 and "There is no filter" in page.text, show
        assert told(page) == ["Alice pushed version 1 of Auth"] and chosen(page) == []
        assert "<script>alert" not in page.text and "x" * 100 not in page.text
        older = browser("alice").get("/activity/older", query_string={"show": show})
        assert older.status_code == 422


def test_before_is_a_number(browser, plan):
    for path in ("/activity", "/activity/older"):
        assert browser("alice").get(f"{path}?before=x").status_code == 400
        assert browser("alice").get(f"{path}?before=999999999").status_code == 200
    assert "There is nothing older." in browser("alice").get("/activity?before=1").text


@pytest.mark.parametrize("path", ["/activity", "/activity/older"])
def test_older_ones_follow_by_link_and_by_fragment(browser, plan, monkeypatch, path):
    monkeypatch.setattr(feed, "PAGE", 2)
    for number in range(5):
        say(browser, "bob", plan, f"No. {number}")
    alice, seen, here = browser("alice"), [], "/activity?show=comments"
    while here:
        page = alice.get(here)
        seen += re.findall(r"No\. (\d)", page.text)
        key = "href" if path == "/activity" else "hx-get"
        here = (re.findall(rf'{key}="({path}\?[^"]*before=\d+)"', page.text) or [""])[0]
        here = here.replace("&amp;", "&")
    assert seen == ["4", "3", "2", "1", "0"]
    assert ("<html" in page.text) == (path == "/activity")
    assert page.text.count("<h2") == (1 if path == "/activity" else 0)  # the day goes on


def test_what_is_new_since_the_last_look_stays_new_on_a_reload(browser, plan, sql):
    say(browser, "bob", plan, "New")
    sql("UPDATE users SET looked_at = '2026-01-02 17:40:00.000000'")
    alice = browser("alice")
    for _ in range(2):
        page = alice.get("/activity")
        assert rows(page) == [" unread", ""]  # one's own push is no news
        assert "New: " in page.text and "New since" not in page.text
    assert alice.get("/activity?show=mine").text.count("New: ") == 0


@pytest.mark.parametrize("htmx", [True, False])
def test_a_plan_is_muted_and_unmuted_from_its_row(browser, plan, htmx):
    alice = browser("alice")
    row = re.search(r'name="row" value="(\d+)"', alice.get("/activity").text)[1]
    sent = {"from": "activity", "row": row, "show": "pushes", "before": ""}
    answer = alice.send("POST", f"/p/{plan}/mute", sent, htmx=htmx)
    assert told(alice.get("/activity")) == []
    if htmx:
        assert answer.status_code == 201 and f'id="pp-mute-{row}"' in answer.text
        assert 'hx-delete="/p/auth/mute"' in answer.text and "Muted:" in answer.text
    else:
        assert (answer.status_code, answer.location) == (303, "/activity?show=pushes")
    alice.send("POST", f"/p/{plan}/mute?_method=DELETE", sent, htmx=htmx)
    assert len(told(alice.get("/activity"))) == 1


def test_a_mute_form_leads_nowhere_else(browser, plan):
    sent = {"from": "activity", "row": "1", "show": "//evil.example", "before": "7"}
    answer = browser("alice").send("POST", f"/p/{plan}/mute", sent, htmx=False)
    assert answer.location == "/activity?before=7"


def test_charlie_learns_nothing(browser, plan, thread):
    say(browser, "bob", plan, "@Charlie, a secret")
    charlie = browser("charlie")
    for path in ("/activity", "/activity/older", "/dashboard", "/comments"):
        for show in ("", "?show=mentions", "?show=comments" if path[1] == "a" else ""):
            page = charlie.get(path + ("" if path == "/dashboard" else show))
            assert page.status_code == 200, path
            text = page.text
            main = text.partition("<main")[2].partition("</main>")[0]
            for word in ("/p/auth", ">Auth<", "secret", "rotate", "Bob"):
                assert word not in (main or text), (path, show, word)
    assert "Nothing happened yet." in charlie.get("/activity").text


def test_the_bar_leads_everywhere_and_says_where_one_is(browser, plan):
    for name in ["alice", "ada"]:
        person, pages = browser(name), ["/dashboard", "/activity", "/comments"]
        for here in pages:
            bar = person.get(here).text.partition("</header>")[0]
            links = re.findall(r'<a id="pp-nav-\w+" href="([^"]+)"( aria-current="page")?', bar)
            there = [*pages, *(["/admin/members"] if name == "ada" else [])]
            assert links == [(path, ' aria-current="page"' * (path == here)) for path in there]
            assert bar.count('href="/settings/tokens"') == 2
        assert 'href="/comments"' in person.get(f"/p/{plan}").text.partition("</header>")[0], name
