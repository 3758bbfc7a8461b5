"""The dashboard: only what one may see, narrowed, sorted, in pages, its state in the URL."""

import re
from datetime import timedelta
from html import unescape

import pytest

from planpush.db import commit, db, now
from planpush.models.plan import PUBLISHED, Plan
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
            commit()

    return put


def listed(answer):
    """The titles in the list, in order."""
    assert answer.status_code == 200, answer.text
    return [unescape(name) for name in re.findall(r'class="plan-name"[^>]*>([^<]*)<', answer.text)]


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


@pytest.mark.parametrize("sign", ["%", "_", "\\", "%%", "/", "'", '"%"'])
def test_signs_that_databases_treat_specially_are_literal(browser, shelve, sign):
    plain = sign.strip('"')
    shelve("alice", "Plain", f"With {plain} sign")
    assert listed(search(browser("alice"), sign)) == [f"With {plain} sign"]


def test_the_search_finds_nothing_that_is_hidden(browser, plan):
    answer = search(browser("charlie"), "auth")
    assert "No plan matches" in answer.text and "Auth" not in answer.text


@pytest.mark.parametrize(
    ("q", "titles"),
    [
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
    ],
)
def test_filters(browser, shelve, q, titles):
    shelve("alice", "Mine")
    shelve("pam", "Hers", visibility=PUBLISHED)
    shelve("pam", "Talked", visibility=PUBLISHED, open_threads=2)
    shelve("alice", "Past", archived_at=now())
    assert set(listed(search(browser("alice"), q))) == titles


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("updated:>2026-11-01", True),
        ("updated:<2026-11-01", False),
        ("updated:2026-11-10", True),
        ("updated:2026-11-09", False),
        ("-updated:2026-11-10", False),
    ],
)
def test_a_day_narrows_the_list(browser, shelve, q, found):
    at = now().replace(year=2026, month=11, day=10, hour=12)
    shelve("alice", "Dated", active_at=at)
    assert listed(search(browser("alice"), q)) == (["Dated"] if found else [])


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("updated", ["gamma", "Beta", "alpha"]),
        ("updated-asc", ["alpha", "Beta", "gamma"]),
        ("title", ["alpha", "Beta", "gamma"]),
        ("created", ["gamma", "Beta", "alpha"]),
    ],
)
def test_sorting_by_parameter_and_by_word(browser, shelve, sort, titles):
    shelve("alice", "alpha", "Beta", "gamma")
    assert listed(search(browser("alice"), "", sort=sort)) == titles
    assert listed(search(browser("alice"), f"sort:{sort}")) == titles


def test_sorting_by_open_comments_and_version(browser, shelve):
    shelve("alice", "Quiet")
    shelve("alice", "Loud", open_threads=3)
    shelve("alice", "Old", newest=9)
    assert listed(search(browser("alice"), "", sort="comments"))[0] == "Loud"
    assert listed(search(browser("alice"), "", sort="version"))[0] == "Old"


def test_pages_hold_each_plan_once(browser, shelve):
    shelve("alice", *(f"Plan {number:02}" for number in range(30)))
    alice = browser("alice")
    first, second = (search(alice, "", page=page) for page in (1, 2))
    assert (len(listed(first)), len(listed(second))) == (25, 5)
    assert not set(listed(first)) & set(listed(second))
    assert "1 to 25 of 30" in first.text and "26 to 30 of 30" in second.text


def test_the_fragment_pushes_the_pages_address(browser, shelve):
    shelve("alice", *(f"Plan {number:02}" for number in range(30)))
    alice = browser("alice")
    answer = search(alice, "is:private plan", sort="title", page=2)
    assert answer.headers["HX-Push-Url"] == "/dashboard?q=is%3Aprivate+plan&sort=title&page=2"
    assert "<html" not in answer.text
    assert listed(alice.get(answer.headers["HX-Push-Url"])) == listed(answer)
    assert search(alice, "").headers["HX-Push-Url"] == "/dashboard"


def test_links_keep_the_state(browser, shelve):
    shelve("alice", *(f"Plan {number:02}" for number in range(30)))
    text = search(browser("alice"), "plan", sort="title").text
    assert 'href="/dashboard?q=plan&amp;sort=title&amp;page=2"' in text


@pytest.mark.parametrize(
    ("q", "nearest"),
    [
        ("autor:me", "author:"),
        ("is:opn", "open"),
        ("hass:open-threads", "has:"),
        ("updatd:x", "updated:"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(browser, q, nearest):
    for path in ("/dashboard", "/dashboard/plans"):
        answer = browser("alice").get(path, query_string={"q": q})
        assert answer.status_code == 422
        assert f"did you mean {nearest}" in answer.text
    assert q in unescape(browser("alice").get("/dashboard", query_string={"q": q}).text)


@pytest.mark.parametrize(
    "query",
    [
        {"q": "updated:yesterday"}, {"q": "updated:>2026-02-30"}, {"q": "x" * 501}, {"q": "a\0b"},
        {"sort": "nonsense"}, {"sort": "\0"}, {"page": "abc"}, {"page": "-1"}, {"page": "9" * 30},
        {"q": "sort:nonsense"}, {"page": "²"}, {"q": "updated:>0000-00-00"}, {"sort": "title-desc"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_never_breaks(browser, query):
    for path in ("/dashboard", "/dashboard/plans"):
        assert browser("alice").get(path, query_string=query).status_code in (400, 422), path


@pytest.mark.parametrize(
    "q",
    ["updated:<0001-01-01", "updated:>9999-12-31", "updated:9999-12-31", '"', "-", "--", ":", "a:",
     "\ud7ff😀", "<script>alert(1)</script>", "author:", "-author:", 'author:"x', "\u2028"],
)  # fmt: skip
def test_a_strange_query_never_breaks_nor_gets_into_the_page(browser, q):
    answer = browser("alice").get("/dashboard", query_string={"q": q})
    assert answer.status_code in (200, 422)
    assert "<script>alert" not in answer.text


def test_a_lone_surrogate_never_breaks(browser):
    assert browser("alice").get("/dashboard?q=%ED%A0%80&sort=%FF").status_code in (200, 400, 422)


def test_a_page_beyond_the_last_is_no_error(browser, plan):
    assert browser("alice").get("/dashboard?page=19").status_code == 200


def test_titles_are_escaped(browser, shelve):
    shelve("alice", "<b onclick=x>Bold & brave")
    text = browser("alice").get("/dashboard").text
    assert "&lt;b onclick=x&gt;Bold &amp; brave" in text and "<b onclick" not in text


def test_who_has_no_plan_is_told_how_to_get_one(browser):
    assert "No plans yet." in browser("charlie").get("/dashboard").text
