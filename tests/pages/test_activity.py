"""The activity page: rows, filters, pages, muting from a row; and the bar that leads here."""

import re

import pytest

from planpush.activity import conversations, feed
from planpush.notifications import inbox

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


OLDER = [
    (feed, "/activity", "/activity?show=comments", 'href="(/activity\\?[^"]*before=[^"]+)"'),
    (feed, "/activity/older", "/activity?show=comments", 'hx-get="(/activity/older\\?[^"]+)"'),
    (inbox, "/notices", "/notices", 'id="pp-older" href="([^"]+)"'),
    (conversations, "/comments", "/comments?show=plans&state=all", 'id="pp-older" href="([^"]+)"'),
]


def test_older_rows_of_every_list_are_a_page_away(browser, plan, monkeypatch):
    alice = browser("alice")
    for number in range(5):
        say(browser, "bob", plan, f"No. {number}")
    for module, path, here, link in OLDER:
        monkeypatch.setattr(module, "PAGE", 2)
        seen = []
        while here:
            page = alice.get(here)
            seen += re.findall(r"No\. (\d)", page.text)
            here = (re.findall(link, page.text) or [""])[0].replace("&amp;", "&")
        assert seen == ["4", "3", "2", "1", "0"], path
        assert ("<html" in page.text) == (path != "/activity/older")
