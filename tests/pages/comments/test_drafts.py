"""Drafts: what is typed comes back where it was typed, for whoever typed it and for nobody else."""

import re
from html import unescape

import pytest
import sqlalchemy as sa

from planpush.comments.drafts import Draft
from planpush.database.session import db
from tests.conftest import at_once, piece
from tests.people import Browser

FIELDS = {"new": "pp-new-body", "reply": "pp-body-1", "edit": "pp-edit-1"}


def saved(somebody, plan, place="new", body="Half a thought", key="k1", htmx=True, **form):
    told = {"place": place, "body": body, "key": key} | form
    return somebody.send("POST", f"/p/{plan}/drafts", told, htmx=htmx)


def dropped(somebody, plan, htmx=True, **told):
    query = "&".join(f"{name}={value}" for name, value in told.items())
    return somebody.send("DELETE", f"/p/{plan}/drafts?{query}", htmx=htmx)


def typed(answer, field="pp-new-body"):
    found = re.search(rf'<textarea id="{field}"[^>]*>([^<]*)</textarea>', answer.text)
    return unescape(found[1]) if found else None


def key_of(answer, form="pp-composer"):
    return re.search(rf'id="{form}".*?name="key" value="([^"]+)"', answer.text, re.S)[1]


@pytest.fixture
def kept(app):
    """The bodies of all drafts by place."""

    def read():
        with app.app_context():
            return {draft.place: draft.body for draft in db.session.scalars(sa.select(Draft))}

    return read


@pytest.mark.parametrize("place", ["new", "reply:1", "edit:1"])
def test_what_is_typed_comes_back_on_another_device(browser, plan, thread, place):
    words = "Half a\nthought <b> & “more” 👩‍🚀"
    answer = saved(browser("bob"), plan, place, words, v="1", anchor="intro")
    assert (answer.status_code, answer.text.strip()) == (200, "Draft saved")
    elsewhere = browser("bob")
    field = FIELDS[place.partition(":")[0]]
    for path in (f"/p/{plan}", f"/p/{plan}/document"):
        page = elsewhere.get(path)
        assert typed(page, field) == words
        assert "Restored draft" in page.text
    assert saved(elsewhere, plan, place, "  \n", v="1").text.strip() == ""
    assert words not in unescape(elsewhere.get(f"/p/{plan}").text)


def test_a_new_thread_comes_back_at_its_place_and_version(browser, push, plan):
    bob = browser("bob")
    saved(bob, plan, "new", v="1", anchor="intro", block="2", quote="rotate", blocking="1")
    push("alice", [piece("intro", "Nothing of it.")], plan=plan, base_version=1)
    page = bob.get(f"/p/{plan}").text
    assert "On “rotate”" in page and 'name="quote" value="rotate"' in page
    assert re.search(r'name="v" value="1">.*name="shown" id="pp-shown" value="2"', page)
    assert re.search(r'name="blocking" value="1" checked', page)
    assert not re.search(r'id="pp-new-body"[^>]* autofocus', page)
    form = {"body": "Half a thought", "key": "k1", "v": "1", "shown": "2", "anchor": "intro",
            "block": "2", "quote": "rotate"}  # fmt: skip
    assert bob.send("POST", f"/p/{plan}/threads", form).status_code == 201
    assert typed(bob.get(f"/p/{plan}")) is None


def test_the_composer_opens_with_what_was_begun_at_that_place(browser, plan):
    bob = browser("bob")
    saved(bob, plan, body="Here", key="k1", v="1", anchor="intro")
    saved(bob, plan, body="There", key="k2", v="1", anchor="data")
    assert typed(bob.get(f"/p/{plan}")) == "There"  # the newest
    assert typed(bob.get(f"/p/{plan}?compose=intro")) == "Here"
    fragment = bob.get(f"/p/{plan}/threads/new?v=1&anchor=intro")
    assert (typed(fragment), key_of(fragment)) == ("Here", "k1")
    assert typed(bob.get(f"/p/{plan}/threads/new?v=1")) == ""
    dropped(bob, plan, place="new", key="k2")
    assert typed(bob.get(f"/p/{plan}")) == "Here"


POSTS = [
    ("new", "POST", "/p/{}/threads", 201),
    ("reply:1", "POST", "/p/{}/threads/1/comments", 201),
    ("edit:1", "PATCH", "/p/{}/comments/1", 200),
]


@pytest.mark.parametrize(("place", "method", "path", "status"), POSTS)
def test_sending_ends_the_draft_for_good(browser, plan, thread, kept, place, method, path, status):
    bob = browser("bob")
    saved(bob, plan, place, "Whole", v="1")
    assert len(kept()) == 1
    refused = bob.send(method, path.format(plan), {"body": "", "key": "k1"})
    assert refused.status_code == 422 and len(kept()) == 1
    assert 'name="key" value="k1"' in refused.text  # so that sending it later ends the draft
    answer = bob.send(method, path.format(plan), {"body": "Whole", "key": "k1"})
    assert answer.status_code == status and kept() == {}
    late = saved(bob, plan, place, "Whol", v="1")  # on its way since before it was sent
    assert (late.status_code, late.text.strip(), kept()) == (200, "Sent already, not saved", {})
    assert 'value="k1"' not in bob.get(f"/p/{plan}").text


def test_saves_that_race_with_the_post_bring_nothing_back(browser, plan, thread, kept):
    people = [browser("bob") for _ in range(4)]
    path, form = f"/p/{plan}/threads/1/comments", {"body": "Whole", "key": "k1"}

    def act(number):
        if number == 1:
            return people[number].send("POST", path, form)
        return saved(people[number], plan, "reply:1", "Who", v="1", turn=f"p{number}.1")

    answers = at_once(4, act)
    assert [answer.status_code for answer in answers] == [200, 201, 200, 200]
    assert kept() == {}


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("place", ["new", "reply:1", "edit:1"])
def test_cancel_drops_the_draft_for_good(browser, plan, thread, kept, place, htmx):
    bob = browser("bob")
    saved(bob, plan, place, v="1")
    told = {} if place == "new" else {"thread": 1}
    answer = dropped(bob, plan, htmx, place=place, key="k1", v="1", **told)
    assert answer.status_code == (200 if htmx else 303) and kept() == {}
    assert ('id="t1"' in answer.text) is (htmx and place != "new")
    assert "Half a thought" not in answer.text
    saved(bob, plan, place, "Late", v="1")
    assert kept() == {}
    assert dropped(bob, plan, place="edit:99", key="k9").status_code == 200


def test_the_later_save_wins_and_one_that_was_overtaken_loses(browser, plan, thread, kept):
    bob = browser("bob")
    saved(bob, plan, "reply:1", "abc", turn="page1.2")
    saved(bob, plan, "reply:1", "ab", turn="page1.1")
    assert kept() == {"reply:1": "abc"}
    saved(bob, plan, "reply:1", "from the phone", key="k2", turn="page2.1")
    saved(bob, plan, "reply:1", "abcd", turn="page1.3")
    assert kept() == {"reply:1": "abcd"}
    saved(bob, plan, "reply:1", "no turn", turn="nonsense")
    assert kept() == {"reply:1": "no turn"}


HOSTILE = [
    ({"place": ""}, 400), ({"place": "edit:0"}, 400), ({"place": "reply:1\n"}, 400),
    ({"place": "reply:" + "9" * 80}, 400), ({"place": "new:k9"}, 400), ({"key": ""}, 400),
    ({"key": "a b"}, 400), ({"key": "x" * 61}, 400), ({"place": "reply:99"}, 404),
    ({"place": "edit:99"}, 404), ({"place": "edit:2"}, 403), ({"v": "99"}, 404),
    ({"v": "x"}, 400), ({"body": "x" * 10_001}, 422), ({"block": "x"}, 400),
    ({"body": "x" * 10_000}, 200), ({"body": "nul \0 bell \7"}, 200),
    ({"quote": "\0" + "q" * 30_000, "row": "r" * 3_000, "body": "Long", "v": "1"}, 200),
]  # fmt: skip


def test_hostile_saves_are_refused_or_harmless(browser, plan, thread, kept):
    browser("alice").send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "Hers"})
    bob = browser("bob")
    for form, status in HOSTILE:
        answer = saved(bob, plan, **form)
        assert answer.status_code == status, form
        assert status != 422 or "10,000" in answer.text
        assert bob.get(f"/p/{plan}").status_code == 200, form
    assert set(kept()) == {"new:k1"}
    assert dropped(bob, plan, place="new", key="k1", thread="99").status_code == 404
    assert dropped(bob, plan, place="\0", key="\0", v="1").status_code == 200


def test_drafts_are_seen_by_their_author_alone(browser, agent, plan, thread, kept, stored):
    before = stored("browser_sessions", "events", "sign_in_links", "drafts")
    for place in ("new", "reply:1"):
        saved(browser("bob"), plan, place, "Secret thought", v="1", anchor="intro")
    assert stored("browser_sessions", "events", "sign_in_links", "drafts") == before
    alice = browser("alice")
    pages = ("", "/threads", "/threads/1", "/export.html", "/export.md", "/export.json")
    for path in pages:
        assert "Secret" not in alice.get(f"/p/{plan}{path}").text, path
    for path in (f"/api/plans/{plan}/threads", f"/api/plans/{plan}/document"):
        assert "Secret" not in agent("bob", "GET", path).text
    assert "Secret" not in repr(stored()["events"])
    assert saved(browser("charlie"), plan).status_code == 404
    assert saved(alice, plan, "reply:1", "Hers").status_code == 200
    dropped(alice, plan, place="reply:1", key="k1", thread=1)
    assert kept()["reply:1"] == "Secret thought"


def test_saving_is_limited(another, browser, plan, sql):
    bob = Browser(another(rate_limits=True), "bob")
    assert saved(bob, plan, v="1").status_code == 200
    sql("UPDATE rate_limits SET used = 600")
    assert saved(bob, plan, v="1").status_code == 429
