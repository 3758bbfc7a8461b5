"""The panel: what each tab holds and counts, whose threads, which thread an address opens."""

import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from planpush.comments import panel
from planpush.comments.comment import Comment
from planpush.database.session import db
from tests.conftest import person, piece


def cards(answer):
    return re.findall(r'<article class="thread[^"]*" id="t(\d+)"', answer.text)


def opened(somebody, plan, **form):
    answer = somebody.send("POST", f"/p/{plan}/threads", {"body": "Hm."} | form, htmx=False)
    return re.search(r"thread=(\d+)", answer.location)[1]


def told(answer, name):
    """The words of a tab's count, as a screen reader says them."""
    tab = re.search(rf'id="pp-tab-{name}".*?</a>', answer.text, re.DOTALL)[0]
    return re.search(r'title="([^"]*)"', tab)[1]


@pytest.fixture
def talk(browser, plan):
    """Three threads: bob's on intro, open; alice's on data, resolved; ada's on the whole plan."""
    bob, alice, ada = browser("bob"), browser("alice"), browser("ada")
    ids = [opened(bob, plan, anchor="intro"), opened(alice, plan, anchor="data"), opened(ada, plan)]
    bob.send("POST", f"/p/{plan}/threads/{ids[2]}/comments", {"body": "Agreed."})
    alice.send("POST", f"/p/{plan}/threads/{ids[1]}/resolution")
    return ids


@pytest.fixture
def mention(app, browser, plan):
    """Let the author of a thread's last comment name somebody in it."""

    def add(thread, name):
        with app.app_context():
            query = sa.select(Comment).where(Comment.thread_id == int(thread))
            comment = db.session.scalars(query.order_by(Comment.id.desc())).first()
            author, path = comment.author.name.lower(), f"/p/{plan}/comments/{comment.id}"
            form = {"body": f"{comment.body} @{person(name).name}"}
        assert browser(author).send("PATCH", path, form).status_code == 200
        return path.rpartition("/")[2]

    return add


def test_each_count_says_what_it_counts(browser, plan, talk, mention):
    mention(talk[0], "bob")
    mention(talk[1], "bob")
    page = browser("bob").get(f"/p/{plan}")
    said = [told(page, name) for name in ("all", "open", "resolved", "mentions")]
    assert said == ["3 threads", "2 open threads", "1 resolved thread", "2 threads mention you"]
    assert told(browser("alice").get(f"/p/{plan}"), "mentions") == "0 threads mention you"


def test_tabs_persons_and_sections_narrow_the_list(app, browser, plan, talk, mention):
    one, two, three = talk
    mention(two, "bob")
    deleted = mention(one, "bob")
    bob = browser("bob")
    bob.send("DELETE", f"/p/{plan}/comments/{deleted}")
    with app.app_context():
        ada = person("ada").id
    expected = {
        "show=all": [three, one, two], "": [three, one], "show=resolved": [two],
        "show=mentions": [two], "show=orphaned": [], "show=nonsense": [three, one],
        "show=all&by=me": [three, one], f"show=all&by={ada}": [three], "show=all&by=": talk,
        "show=all&by=999999": [], "show=all&by=x": talk, "show=all&by=99999999999": talk,
        "show=all&anchor=data": [two], "anchor=data": [], "show=all&anchor=%00%ff": [],
        "panel=" + quote("show=all&by=" + str(ada)): [three], "panel=%ff%26%26=": [three, one],
        "panel=" + quote("kept=" + two): [three, one, two], "panel=" + "%26" * 200: [three, one],
    }  # fmt: skip
    for query, wanted in expected.items():
        answer = bob.get(f"/p/{plan}/threads?{query}")
        assert answer.status_code == 200, query
        assert sorted(cards(answer)) == sorted(wanted), query


def test_what_was_just_settled_stays_in_sight(browser, plan, talk):
    bob, panel = browser("bob"), {"panel": "show=open&by=me"}
    answer = bob.send("POST", f"/p/{plan}/threads/{talk[0]}/resolution", panel)
    assert "folded" in answer.text and ">Undo<" in answer.text.replace("</svg>", ">")
    state = re.search(r'name="panel" id="pp-show" value="([^"]*)"', answer.text)[1]
    state = state.replace("&amp;", "&")
    assert state == f"show=open&by=2&kept={talk[0]}"
    assert cards(bob.get(f"/p/{plan}/threads/live?panel={quote(state)}")) == [talk[2], talk[0]]
    assert cards(bob.get(f"/p/{plan}/threads?show=open&panel={quote(state)}")) == [talk[2]]


ADDRESSES = [
    ("thread={1}", "open", 0, ""),
    ("thread={2}", "resolved", 1, ""),
    ("thread={1}&show=resolved", "open", 0, ""),
    ("thread={2}&show=all&by=999", "all", 1, ""),
    ("thread=77", "open", None, "There is no such thread"),
    ("thread=x&show=all", "all", None, "There is no such thread"),
    ("thread={other}", "open", None, "There is no such thread"),
    ("thread={new}&v=1", "open", None, "It stands on v2."),
]


def test_an_address_opens_the_right_tab(browser, push, plan, talk):
    bob = browser("bob")
    push("bob", [piece("intro")], title="Other", slug="other")
    named = {"1": talk[0], "2": talk[1], "other": opened(bob, "other")}
    push("alice", [piece("intro"), piece("data"), piece("more")], plan=plan, base_version=1)
    named["new"] = opened(bob, plan, anchor="more")
    for query, tab, active, notice in ADDRESSES:
        for name, number in named.items():
            query = query.replace(f"{{{name}}}", number)
        page = bob.get(f"/p/{plan}?{query}")
        assert page.status_code == 200, query
        assert re.search(r'id="pp-tab-(\w+)"[^>]*aria-current', page.text)[1] == tab
        shown = re.findall(r'<article class="thread[^"]* active" id="t(\d+)"', page.text)
        assert shown == ([] if active is None else [talk[active]]), query
        assert notice in page.text
        assert ("pp-missing-go" in page.text) is notice.startswith("It")


def test_long_threads_are_shown_in_short(browser, plan, talk):
    bob = browser("bob")
    for number in range(5):
        bob.send("POST", f"/p/{plan}/threads/{talk[0]}/comments", {"body": f"Reply {number}"})
    page = bob.get(f"/p/{plan}").text
    assert "3 more replies" in page
    assert re.findall(r"Reply \d", page) == ["Reply 3", "Reply 4"]
    card = bob.get(f"/p/{plan}/threads/{talk[0]}")
    assert re.findall(r"Reply \d", card.text) == [f"Reply {number}" for number in range(5)]
    assert "Show fewer replies" in card.text and f"whole={talk[0]}" in card.text
    short = bob.get(f"/p/{plan}/threads/{talk[0]}?fold=1&panel=whole%3D{talk[0]}")
    assert "3 more replies" in short.text and "whole=" not in short.text
    edit = bob.get(f"/p/{plan}/comments/5/edit")
    assert "<textarea" in edit.text and "Reply 0" in edit.text


def test_a_refresh_brings_pins_only_when_one_changed(browser, plan, talk):
    bob = browser("bob")
    page = bob.get(f"/p/{plan}").text
    digest = re.search(r'name="pins" id="pp-have" value="(\w+)"', page)[1]
    same = bob.get(f"/p/{plan}/threads/live?v=1&pins={digest}")
    assert same.status_code == 200 and "data-key" not in same.text
    assert "HX-Replace-Url" not in same.headers and "#announce" not in same.text
    opened(browser("alice"), plan, anchor="intro", block="2")
    more = bob.get(f"/p/{plan}/threads/live?v=1&pins={digest}").text
    pins = re.findall(r'data-section="(\w+)" data-key="(\d)"><a class="pin( done)?"', more)
    assert pins == [("intro", "0", ""), ("intro", "2", ""), ("data", "0", " done")]
    for target in ("#pp-counts", "#pp-contents", "#pp-bar", "#pp-mobilebar", "#pp-who"):
        assert f'hx-target="{target}"' in more


@pytest.mark.parametrize("htmx", [True, False])
def test_a_person_turns_keys_and_presence_off(app, browser, plan, htmx):
    bob = browser("bob")
    before = bob.get(f"/p/{plan}")
    assert "data-keys" not in before.text
    answer = bob.send("PATCH", "/settings/profile", {"presence": "1"}, htmx=htmx)
    assert answer.status_code == (200 if htmx else 303)
    page = bob.get(f"/p/{plan}", headers={"If-None-Match": before.headers["ETag"]})
    assert (
        page.status_code == 200
        and '<body data-base="http://localhost" data-keys="off"' in page.text
    )
    with app.app_context():
        assert (person("bob").keys, person("bob").presence) == (False, True)
        assert (person("alice").keys, person("alice").presence) == (True, True)


def test_a_list_shows_so_many_cards_says_how_many_more_and_still_opens_each(
    browser, plan, talk, monkeypatch
):
    monkeypatch.setattr(panel, "MOST_SHOWN", 1)
    alice = browser("alice")
    answer = alice.get(f"/p/{plan}/threads?show=all")
    assert len(cards(answer)) == 1 and "2 more threads are not listed here" in answer.text
    assert talk[0] in cards(alice.get(f"/p/{plan}/threads?show=all&thread={talk[0]}"))
