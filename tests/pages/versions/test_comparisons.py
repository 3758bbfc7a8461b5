"""The compare page: what it shows of two versions, its addresses, and who gets it."""

import re

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db
from planpush.plans.visits import Visit
from tests.conftest import piece
from tests.pages.versions.test_purges import purge
from tests.people import HTMX, Browser, person

INS, DEL = '<ins data-diff="added">', '<del data-diff="removed">'
WEEK = "Refresh tokens live 7 days and rotate on every use."
MONTH = "Refresh tokens live 30 days and rotate on every use."
RISKS = "Somebody steals a token."


@pytest.fixture
def revised(push, plan):
    """Version 3 of alice's plan: other words in its intro, a section is gone, one is new."""
    push("alice", [piece("intro", WEEK), piece("same"), piece("gone")], plan=plan, base_version=1)
    sections = [piece("intro", MONTH), piece("same"), piece("risks", RISKS)]
    answer = push("alice", sections, plan=plan, base_version=2, message="A longer life")
    assert answer.status_code == 201
    return plan


@pytest.fixture
def compare(browser, revised):
    """Get the page of that plan as bob."""
    bob = browser("bob")
    return lambda query="?from=2&to=3", part="", **more: bob.get(
        f"/p/{revised}/compare{part}{query}", **more
    )


def body(answer):
    """The document."""
    assert answer.status_code == 200, answer.text
    return re.search(r'<article class="pp-doc".*?</article>', answer.text, re.DOTALL)[0]


def contents(answer):
    """The titles and marks in the list of sections."""
    listed = re.search(r'id="pp-contents".*?</ol>', answer.text, re.DOTALL)[0]
    lines = re.findall(r"<li.*?</li>", listed, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", line).strip() for line in lines]


def test_7_days_became_30_days(compare):
    page = compare()
    assert f"live {DEL}7</del>{INS}30</ins> days" in body(page)
    assert "1 section changed, 1 added, 1 removed" in page.text
    assert "A longer life" in page.text
    assert "Changed</span>" in body(page) and "New in v3" in body(page)
    assert "Not in v3" in body(page)
    assert contents(page) == [
        "Intro, changed+1−1", "Same", "Gone, removed−2", "Risks, added+2",
    ]  # fmt: skip


def test_only_what_changed_or_everything(compare):
    everything, changed = compare(), compare("?from=2&to=3&only=1")
    assert 'id="s-same"' in body(everything) and 'id="s-same"' not in body(changed)
    assert "1 unchanged section" in body(changed)
    assert 'compare?from=2&amp;to=3#s-same"' in body(changed)
    for page, mode in ((everything, 0), (changed, 1)):
        assert re.search(rf'id="pp-only-{mode}"[^>]* aria-current="true"', page.text)
    assert 'name="only" value="1"' in changed.text and 'name="only"' not in everything.text


def test_a_fragment_is_no_page_and_pushes_the_pages_address(compare):
    answer = compare("?from=2&to=3&only=1", part="/changes", headers=HTMX)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert answer.headers["HX-Push-Url"] == "/p/auth/compare?from=2&to=3&only=1"
    assert 'hx-target="#announce"' in answer.text and f"{DEL}7</del>" in answer.text
    assert 'hx-target="#pp-bar"' in answer.text


def test_left_out_it_begins_where_somebody_saw_the_plan_last(app, compare, revised, browser):
    browser("bob").get(f"/p/{revised}")
    with app.app_context():
        bob = person("bob").id
        db.session.execute(sa.update(Visit).where(Visit.user_id == bob).values(version=1))
        commit()
    assert "v1 → v3" in compare("").text
    assert "v2 → v3" in browser("alice").get(f"/p/{revised}/compare").text
    assert "v1 → v2" in compare("?to=2").text


def test_a_purged_version_is_left_out_and_gone_when_asked_for(browser, compare, revised):
    purge(browser, revised)
    assert "v1 → v3" in compare("").text
    assert compare().status_code == 410
    assert compare("?from=1&to=2").status_code == 410
    assert compare("?from=1&to=2", part="/changes", headers=HTMX).status_code == 410
    assert '<option value="2"' not in compare("").text
    page = browser("bob").get(f"/p/{revised}").text
    assert "Compare with v1" in page and "Compare with v2" not in page


def test_with_itself_nothing_differs(compare, push, browser):
    assert "You compare v3 with itself: nothing differs." in compare("?from=3&to=3").text
    push("bob", [piece("first")], slug="one", title="One", visibility="published")
    page = browser("bob").get("/p/one/compare")
    assert "There is no earlier version to compare with." in page.text
    assert 'id="pp-next"' not in page.text
    assert 'id="pp-compare"' not in browser("bob").get("/p/one").text


def test_backwards_is_what_going_back_would_be(compare):
    page = compare("?from=3&to=2")
    assert f"live {DEL}30</del>{INS}7</ins> days" in body(page)
    assert "v3 is newer than v2" in page.text
    assert 'href="/p/auth/compare?from=2&amp;to=3"' in page.text
    assert "newer than" not in compare().text
    assert 'href="/p/auth/history"' in page.text


def test_threads_stay_on_their_blocks(browser, compare, revised):
    bob = browser("bob")
    place = {"anchor": "intro", "quote": "30 days", "body": "Why?"}
    number = bob.send("POST", f"/p/{revised}/threads", place, htmx=False).location.split("#t")[1]
    page = body(compare())
    href = f"/p/{revised}?v=3&amp;thread={number}#t{number}"
    assert re.search(rf'30</ins> days .*?<a class="pin" [^>]*href="{re.escape(href)}"', page)
    assert "1 open comment, show in the plan" in page
    assert 'class="pin"' in body(compare("?from=3&to=3"))
    assert 'class="pin"' not in body(compare("?from=1&to=2"))
    bob.send("POST", f"/p/{revised}/threads/{number}/resolution")
    assert '<a class="pin done"' in body(compare())


def test_a_pair_never_changes_but_what_is_around_it_may(browser, compare, revised, push):
    first = compare()
    tag = first.headers["ETag"]
    again = compare(headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    seen = [tag, compare("?from=2&to=3&only=1").headers["ETag"]]
    seen += [compare("?from=1&to=3").headers["ETag"], compare("?from=3&to=2").headers["ETag"]]
    seen.append(browser("alice").get(f"/p/{revised}/compare?from=2&to=3").headers["ETag"])
    thread = {"anchor": "intro", "body": "Why?"}
    browser("bob").send("POST", f"/p/{revised}/threads", thread)
    seen.append(compare().headers["ETag"])
    push("alice", [piece("intro", MONTH)], plan=revised, base_version=3)
    seen.append(compare().headers["ETag"])
    assert len(set(seen)) == len(seen)
    assert compare(headers={"If-None-Match": tag}).status_code == 200


def test_nobody_compares_without_end(another, revised, sql):
    bob = Browser(another(rate_limits=True), "bob")
    path = f"/p/{revised}/compare?from=2&to=3"
    assert bob.get(path).status_code == 200
    sql("UPDATE rate_limits SET used = 60 WHERE subject LIKE 'compare:%'")
    answer = bob.get(path)
    assert answer.status_code == 429 and answer.headers["Retry-After"]
    fragment = bob.get(f"/p/{revised}/compare/changes?from=2&to=3", headers=HTMX)
    assert fragment.status_code == 429


def test_a_thread_whose_words_changed_leads_to_both_versions(browser, push, plan):
    push("alice", [piece("intro", WEEK), piece("same")], plan=plan, base_version=1)
    bob = browser("bob")
    place = {"anchor": "intro", "quote": "7 days", "body": "So short?"}
    number = bob.send("POST", f"/p/{plan}/threads", place, htmx=False).location.split("#t")[1]
    assert "/compare?" not in bob.get(f"/p/{plan}/threads/{number}").text
    push("alice", [piece("intro", MONTH), piece("same")], plan=plan, base_version=2)
    card = bob.get(f"/p/{plan}/threads/{number}").text
    assert "<del>7</del><ins>30</ins> days" in card
    for version in (2, 3):
        assert f'href="/p/{plan}?v={version}&amp;thread={number}#t{number}"' in card
    assert f'href="/p/{plan}/compare?from=2&amp;to=3&amp;only=1#s-intro"' in card
