"""The dashboard: only what one may see, narrowed, sorted, in pages, its state in the URL."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from planpush.comments.thread import Thread
from planpush.dashboard.listing import list_plans
from planpush.dashboard.search_index import index_missing
from planpush.database.session import commit, db, now
from planpush.plans.plan import EDITOR, PUBLISHED, REVIEWER, Plan
from tests.conftest import invite
from tests.people import HTMX, person


@pytest.fixture
def shelve(app):
    """Put plans on the shelf without a push: shelve("alice", "First", "Second", visibility=…)."""

    def put(name, *titles, **columns):
        with app.app_context():
            owner = person(name)
            for number, title in enumerate(titles):
                slug = re.sub("[^a-z0-9]+", "-", title.lower()).strip("-") or f"plan-{number}"
                at = now() - timedelta(hours=1) + timedelta(seconds=number)
                told = {"active_at": at, "created_at": at, "newest": 1} | columns
                db.session.add(Plan(slug=slug, title=title, owner_id=owner.id, **told))
            db.session.flush()
            while index_missing():
                pass
            commit()

    return put


def listed(answer):
    """The titles in the list, in order."""
    assert answer.status_code == 200, answer.text
    names = re.findall(r'class="plan-name"[^>]*>(.*?)</a>', answer.text)
    return [unescape(re.sub("</?mark>", "", name)) for name in names]


def search(somebody, q, **more):
    return somebody.get("/dashboard/plans", query_string={"q": q} | more, headers=HTMX)


def test_the_root_leads_to_the_dashboard(browser):
    answer = browser("alice").get("/")
    assert (answer.status_code, answer.location) == (302, "/dashboard")


def test_everybody_sees_and_counts_only_what_is_theirs_to_see(browser, plan, shelve):
    shelve("alice", "Public", visibility=PUBLISHED)
    shelve("charlie", "Own")
    expected = {"alice": 2, "bob": 2, "charlie": 2, "ada": 3, "pam": 3}
    for name, count in expected.items():
        answer = search(browser(name), "")
        assert len(listed(answer)) == count, name
        assert f"of {count}<" in answer.text, name
    assert sorted(listed(search(browser("charlie"), ""))) == ["Own", "Public"]


def test_a_search_finds_words_of_titles_in_any_case(browser, shelve):
    shelve("alice", "Token rotation", "Invoice import")
    assert listed(search(browser("alice"), "ROTAT")) == ["Token rotation"]
    assert listed(search(browser("alice"), "token -rotation")) == []
    assert listed(search(browser("alice"), '"invoice import"')) == ["Invoice import"]


FILTERS = [
    ("is:private", {"Mine"}),
    ("is:published", {"Hers", "Talked"}),
    ("-is:private", {"Hers", "Talked"}),
    ("author:me", {"Mine"}),
    ("-author:me", {"Hers", "Talked"}),
    ("author:pam", {"Hers", "Talked"}),
    ("author:@pam@example.com", {"Hers", "Talked"}),
    ("has:open-threads", {"Talked"}),
    ("-has:open-threads", {"Hers", "Mine"}),
    ("is:archived", {"Past"}),
    ("is:open", {"Hers", "Mine", "Talked"}),
    ("is:published has:open-threads", {"Talked"}),
    ("", {"Hers", "Mine", "Talked"}),
]


def test_filters(browser, shelve):
    shelve("alice", "Mine")
    shelve("pam", "Hers", visibility=PUBLISHED)
    shelve("pam", "Talked", visibility=PUBLISHED, open_threads=2)
    shelve("alice", "Past", archived_at=now())
    for q, titles in FILTERS:
        assert set(listed(search(browser("alice"), q))) == titles, (q, titles)


DAYS = [
    ("updated:>2026-11-01", True),
    ("updated:<2026-11-01", False),
    ("updated:2026-11-10", True),
    ("updated:2026-11-09", False),
    ("-updated:2026-11-10", False),
]


def test_a_day_narrows_the_list(browser, shelve):
    at = now().replace(year=2026, month=11, day=10, hour=12)
    shelve("alice", "Dated", active_at=at)
    for q, found in DAYS:
        assert listed(search(browser("alice"), q)) == (["Dated"] if found else []), (q, found)


SORTED = [
    ("updated", ["gamma", "Beta", "alpha"]),
    ("updated-asc", ["alpha", "Beta", "gamma"]),
    ("title", ["alpha", "Beta", "gamma"]),
    ("created", ["gamma", "Beta", "alpha"]),
]


def test_sorting_by_parameter_and_by_word(browser, shelve):
    shelve("alice", "alpha", "Beta", "gamma")
    for sort, titles in SORTED:
        assert listed(search(browser("alice"), "", sort=sort)) == titles, (sort, titles)
        assert listed(search(browser("alice"), f"sort:{sort}")) == titles


def test_the_fragment_pushes_the_pages_address(browser, shelve):
    shelve("alice", *(f"Plan {number:02}" for number in range(60)))
    alice = browser("alice")
    answer = search(alice, "is:private plan", sort="title", page=2)
    assert answer.headers["HX-Push-Url"] == "/dashboard?q=is%3Aprivate+plan&sort=title&page=2"
    assert "<html" not in answer.text
    assert listed(alice.get(answer.headers["HX-Push-Url"])) == listed(answer)
    assert search(alice, "").headers["HX-Push-Url"] == "/dashboard?q="


NEAREST = [
    ("autor:me", "author:"),
    ("is:opn", "open"),
    ("hass:open-threads", "has:"),
    ("updatd:x", "updated:"),
]


def test_an_unknown_key_is_answered_with_the_nearest(browser):
    for q, nearest in NEAREST:
        for path in ("/dashboard", "/dashboard/plans"):
            answer = browser("alice").get(path, query_string={"q": q})
            assert answer.status_code == 422
            assert f"did you mean {nearest}" in answer.text
        assert q in unescape(browser("alice").get("/dashboard", query_string={"q": q}).text), (
            q,
            nearest,
        )


STRANGE = [
    "updated:<0001-01-01", "updated:>9999-12-31", "updated:9999-12-31", '"', "-", "--", ":", "a:",
    "\ud7ff😀", "<script>alert(1)</script>", "author:", "-author:", 'author:"x', "\u2028",
]  # fmt: skip


def test_a_strange_query_never_breaks_nor_gets_into_the_page(browser):
    for q in STRANGE:
        answer = browser("alice").get("/dashboard", query_string={"q": q})
        assert answer.status_code in (200, 422), q
        assert "<script>alert" not in answer.text


def test_who_has_no_plan_is_told_how_to_get_one(browser):
    assert "You take part in no plan yet." in browser("charlie").get("/dashboard").text
    assert "No plans yet." in browser("ada").get("/dashboard").text


def field(answer):
    """What stands in the search field."""
    return unescape(re.search(r'id="pp-q" value="([^"]*)"', answer.text)[1]).strip()


def tabs(answer):
    """The tabs by name, the current one marked."""
    found = re.findall(r'id="pp-view-\d"[^>]*?(aria-current="page")?>([A-Z][a-z ]+)', answer.text)
    return [name.strip() + ("*" if current else "") for current, name in found]


TABS = [
    ("alice", "involves:me", ["Your turn", "Mine*", "Team", "Mentions"]),
    ("bob", "involves:me", ["Your turn", "Mine*", "Team", "Mentions"]),
    ("ada", "", ["Your turn", "Mine", "Team", "Mentions", "All*"]),
    ("pam", "", ["Your turn", "Mine", "Team", "Mentions", "All*"]),
]


def test_everybody_lands_on_the_tab_of_their_role(browser, plan):
    for name, q, current in TABS:
        answer = browser(name).get("/dashboard")
        assert (field(answer), tabs(answer)) == (q, current), (name, q)
        assert listed(answer) == ["Auth"]


PARTS = [
    ("involves:me", {"Owned", "Edited", "Asked", "Said"}),
    ("-involves:me", {"Foreign"}),
    ("reviewer:me", {"Asked"}),
    ("reviewer:alice", {"Asked"}),
    ("reviewer:@nobody", set()),
    ("review:needed", {"Asked"}),
    ("mentions:me", {"Said"}),
    ("-mentions:me", {"Owned", "Edited", "Asked", "Foreign"}),
    ("has:blocking", {"Said"}),
    ("has:open-comments", {"Said"}),
    ("is:approved", {"Foreign"}),
    ("review:approved", {"Foreign"}),
    ("review:changes", {"Edited"}),
]


def test_what_somebody_takes_part_in(app, browser, shelve):
    shelve("alice", "Owned")
    shelve("pam", "Edited", "Asked", "Said", "Foreign", visibility=PUBLISHED)
    for slug, kind in (("edited", EDITOR), ("asked", REVIEWER)):
        invite(app, slug, "alice", kind)
    with app.test_request_context():
        plans = {plan.title: plan for plan in db.session.scalars(select(Plan))}
        plans["Foreign"].verdict, plans["Edited"].verdict = "approved", "changes"
        talk(plans["Said"])
        commit()
    for q, titles in PARTS:
        assert set(listed(search(browser("alice"), q))) == titles, (q, titles)


def talk(plan):
    """A blocking thread in which alice wrote and pam named her."""
    thread = Thread(plan_id=plan.id, plan=plan, kind="document", opened_on=1, blocking=True)
    thread.opened_by_id = person("pam").id
    db.session.add(thread)
    plan.open_threads = 1
    thread.comment("Look, @alice", by=person("pam"))
    thread.comment("I did", by=person("alice"))


def test_what_is_oneself_takes_nobody_else(browser):
    for key in ["turn", "mentions", "involves"]:
        answer = browser("alice").get("/dashboard", query_string={"q": f"{key}:bob"})
        assert answer.status_code == 422 and f"write {key}:me" in answer.text, key


def test_beyond_page_20_a_place_leads_on(browser, shelve):
    shelve("alice", *(f"Plan {number:04}" for number in range(1, 1072)))
    alice = browser("alice")
    answer = search(alice, "plan", sort="title", page=20)
    assert listed(answer)[-1] == "Plan 1000" and "951 to 1000 of 1,000+" in answer.text
    address = unescape(re.search(r'id="pp-page-next" href="([^"]*)"', answer.text)[1])
    further = alice.get(address)
    assert (listed(further)[0], len(listed(further))) == ("Plan 1001", 50)
    last = alice.get(unescape(re.search(r'id="pp-page-next" href="([^"]*)"', further.text)[1]))
    assert listed(last) == [f"Plan {number}" for number in range(1051, 1072)]
    assert "pp-page-next" not in last.text and 'id="pp-page-1"' in last.text


SORTS = ["updated", "updated-asc", "created", "comments", "version-asc",
                              "title", "title-desc"]  # fmt: skip


def test_a_place_leads_through_every_plan_once(app):
    with app.app_context():
        alice = person("alice")
        for number in range(130):
            at = now() - timedelta(hours=number % 5)
            told = {"title": f"Same {number % 3}", "active_at": at, "created_at": at}
            counts = {"newest": number % 4, "open_threads": number % 2}
            db.session.add(Plan(slug=f"s{number}", owner_id=alice.id, **told, **counts))
        commit()
        for sort in SORTS:
            pages = [list_plans(alice, sort=sort, page=page).plans for page in (1, 2, 3)]
            found = [row.id for page in pages for row in page]
            walked, after = [], ""
            while not walked or after:
                listing = list_plans(alice, sort=sort, after=after)
                walked += [row.id for row in listing.plans]
                after = listing.next_after
            assert walked == found and len(set(found)) == 130, sort


def test_badges(app, browser, shelve):
    old = now() - timedelta(days=40)
    shelve("alice", "Old", active_at=old)
    shelve("alice", "Past", archived_at=now())
    shelve("alice", "Fresh", verdict="approved", visibility=PUBLISHED)
    alice = browser("alice")
    rows = row_texts(alice.get("/dashboard"))
    assert "stale" in rows["Old"] and "Private" in rows["Old"]
    assert "Approved" in rows["Fresh"] and "stale" not in rows["Fresh"]
    assert "archived" in row_texts(search(alice, "is:archived"))["Past"]


def row_texts(answer):
    """The text of each row by its title."""
    rows = re.findall(r'<tr id="pp-plan-.*?</tr>', answer.text, re.DOTALL)
    texts = [re.sub(r"<[^>]*>|\s+", " ", row) for row in rows]
    titles = [re.search(r'class="plan-name"[^>]*>(.*?)</a>', row)[1] for row in rows]
    return dict(zip(titles, texts, strict=True))


@pytest.mark.parametrize("path", ["/dashboard?q=", "/dashboard?q=plan", "/dashboard?q=turn:me"])
def test_a_page_of_many_asks_no_more_than_a_page_of_few(browser, shelve, count, path):
    shelve("alice", *(f"Plan {number}" for number in range(3)))
    alice = browser("alice")
    alice.get(path)
    few = count(lambda: alice.get(path))
    shelve("alice", *(f"Plan {number}" for number in range(3, 60)))
    assert count(lambda: alice.get(path)) == few <= 13
