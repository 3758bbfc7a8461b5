"""The comments page: which threads it lists, what it shows of them, and its addresses."""

import re

HOSTILE = "<script>alert(1)</script> & <b>bold</b>"


def say(browser, name, plan, body):
    place = {"anchor": "intro", "quote": "rotate", "body": body}
    return browser(name).send("POST", f"/p/{plan}/threads", place)


def rows(page):
    return re.findall(r'id="pp-talk-(\d+)"', page.text)


def current(page):
    return re.findall(r'id="pp-(?:show|state)-(\w+)"[^>]*aria-current', page.text)


def test_a_thread_is_listed_with_its_newest_word(browser, plan, thread):
    browser("alice").send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": HOSTILE})
    page = browser("bob").get("/comments")
    assert rows(page) == [thread] and current(page) == ["mine", "open"]
    assert "<b>Alice:</b>" in page.text and "1 reply" in page.text and "Your turn" in page.text
    assert "&lt;script&gt;alert(1)" in page.text and "<b>bold" not in page.text
    assert "<bdi>Intro</bdi> · <q>rotate</q>" in page.text
    assert f'href="/p/{plan}?thread={thread}#t{thread}"' in page.text


TABS = [
    ("bob", "mine", 1), ("alice", "mine", 0), ("alice", "plans", 1), ("bob", "plans", 0),
    ("ada", "mentions", 1), ("alice", "mentions", 0),
]  # fmt: skip


def test_the_tabs_narrow(browser, plan):
    say(browser, "bob", plan, "@Ada, look")
    for name, show, found in TABS:
        for state, there in (("open", found), ("resolved", 0), ("all", found)):
            page = browser(name).get(f"/comments?show={show}&state={state}")
            assert len(rows(page)) == there and current(page) == [show, state], (name, show)
            assert there or 'class="sheet empty"' in page.text


def test_whose_turn_it_is_is_said(browser, plan, thread):
    page = browser("bob").get("/comments")
    assert "Waits for Alice" in page.text and "Your turn" not in page.text
    assert "Your turn" in browser("alice").get("/comments?show=plans").text
