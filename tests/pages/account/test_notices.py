"""Notices: the bell in the bar, the page, and opening one."""

import re

import pytest

from tests.people import HTMX

HOSTILE = "<script>alert(1)</script> & <b>bold</b>"


def bell(page):
    found = re.search(r'<a class="bell"[^>]*aria-label="([^"]*)"[^>]*>(.*?)</a>', page.text)
    shown = re.search(r">(\d+\+?)<", found[2])
    return found[1], shown[1] if shown else ""


def say(browser, name, plan, body):
    place = {"anchor": "intro", "quote": "rotate", "body": body}
    return browser(name).send("POST", f"/p/{plan}/threads", place)


def rows(page):
    return re.findall(r'<li class="notice( unread)?"', page.text)


def address(page):
    return re.search(r'href="(/notices/\d+)"', page.text)[1]


def test_the_bell_counts_on_every_page(browser, plan, thread):
    alice = browser("alice")
    pages = ("/dashboard", f"/p/{plan}", "/settings/profile", "/p/nope", "/notices")
    assert [bell(alice.get(page)) for page in pages] == [("1 unread notice", "1")] * 5
    say(browser, "bob", plan, "More")
    assert bell(alice.get("/dashboard")) == ("2 unread notices", "2")
    assert bell(browser("bob").get("/dashboard")) == ("No unread notices", "")


def test_a_row_says_who_did_what_where(browser, plan, thread):
    say(browser, "bob", plan, HOSTILE)
    page = browser("alice").get("/notices")
    assert rows(page) == [" unread", " unread"]
    assert re.search(r"<b>Bob</b> commented on <bdi>Auth</bdi>", page.text)
    assert "<bdi>Intro</bdi> · <q>rotate</q>" in page.text and "How often?" in page.text
    assert "<h2" in page.text and "Today" in page.text
    assert "&lt;script&gt;alert(1)" in page.text and "<b>bold" not in page.text


def test_each_kind_of_event_has_its_words(browser, agent, push, plan, thread):
    alice = browser("alice")
    agent("alice", "POST", f"/api/threads/{thread}/answer", json={"status": "partial"})
    alice.send("POST", f"/p/{plan}/threads/{thread}/resolution")
    push("alice", [{"anchor": "intro", "html": "<h2>I</h2>"}], plan=plan, base_version=1)
    alice.send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "@Bob, look"})
    alice.send("POST", f"/p/{plan}/owner", {"email": "bob@example.com"})
    page = re.sub(r"</?b[^>]*>", "", browser("bob").get("/notices").text)
    did = re.findall(r"(?:Alice|Alice’s agent) ([^<]+) Auth", page)
    assert did == [
        "handed over to you:", "mentioned you on", "pushed version 2 of",
        "resolved a thread on", "answered a thread on",
    ]  # fmt: skip
    assert "Partly applied." in page


def test_opening_one_reads_it_and_leads_to_the_thread(browser, plan, thread):
    alice = browser("alice")
    answer = alice.get(address(alice.get("/notices")))
    assert (answer.status_code, answer.location) == (302, f"/p/{plan}?thread={thread}#t{thread}")
    page = alice.get("/notices")
    assert rows(page) == [""] and bell(page)[1] == ""
    assert "Unread:" not in page.text


@pytest.mark.parametrize("htmx", [True, False])
def test_all_are_read_at_once_but_not_what_came_after(browser, plan, thread, htmx):
    alice = browser("alice")
    until = re.search(r'name="until" value="(\d+)"', alice.get("/notices").text)[1]
    say(browser, "bob", plan, "Later")
    method, path = ("PATCH", "/notices") if htmx else ("POST", "/notices?_method=PATCH")
    answer = alice.send(method, path, {"until": until}, htmx=htmx)
    if htmx:
        assert bell(answer)[1] == "1" and "All read." in answer.text and "<html" not in answer.text
    else:
        assert (answer.status_code, answer.location) == (303, "/notices")
    assert rows(alice.get("/notices")) == [" unread", ""]


def test_notices_are_their_persons_alone(browser, plan, thread):
    path = address(browser("alice").get("/notices"))
    for name in ("bob", "charlie", "ada"):
        answer = browser(name).get(path)
        assert answer.status_code == 404
        assert browser("alice").get("/notices").text.count("Unread:") == 1


def test_a_thread_that_is_opened_is_read(browser, plan, thread):
    alice, bob = browser("alice"), browser("bob")
    say(browser, "bob", plan, "Another")
    assert bell(alice.get(f"/p/{plan}"))[1] == "2"
    assert bell(bob.get(f"/p/{plan}?thread={thread}"))[1] == ""
    alice.client.head(f"/p/{plan}?thread={thread}")
    assert bell(alice.get("/dashboard"))[1] == "2"
    assert bell(alice.get(f"/p/{plan}?thread={thread}"))[1] == "1"
    assert bell(alice.get("/dashboard"))[1] == "1"
    assert rows(alice.get("/notices")) == [" unread", ""]


def test_the_bell_alone_says_how_many_and_where_one_is(browser, plan, thread):
    alice = browser("alice")
    answer = alice.get("/notices/count", headers=HTMX)
    assert bell(answer) == ("1 unread notice", "1") and "<html" not in answer.text
    assert re.search(r'hx-target="#announce"[^>]*>1 unread notice<', answer.text)
    assert "aria-current" not in answer.text
    here = HTMX | {"HX-Current-URL": "http://localhost/notices?before=9"}
    assert 'aria-current="page"' in alice.get("/notices/count", headers=here).text
    for strange in ("http://[", "//", "notices", "é"):
        there = alice.get("/notices/count", headers=HTMX | {"HX-Current-URL": strange})
        assert there.status_code == 200 and "aria-current" not in there.text, strange
    silent = browser("bob").get("/notices/count", headers=HTMX)
    assert bell(silent) == ("No unread notices", "") and "#announce" not in silent.text
