"""The dashboard: only what one may see, narrowed, sorted, in pages, its state in the URL."""

import re
from datetime import timedelta
from html import unescape
from itertools import product
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.thread import Thread
from planpush.dashboard.listing import list_plans
from planpush.dashboard.search_index import index_missing
from planpush.database.paging import behind
from planpush.database.session import commit, db, now
from planpush.plans.plan import EDITOR, PUBLISHED, REVIEWER, Member, Plan
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
    shelve("alice", *(f"Plan {number:02}" for number in range(60)))
    alice = browser("alice")
    first, second = (search(alice, "", page=page) for page in (1, 2))
    assert (len(listed(first)), len(listed(second))) == (50, 10)
    assert not set(listed(first)) & set(listed(second))
    assert "1 to 50 of 60" in first.text and "51 to 60 of 60" in second.text


def test_the_fragment_pushes_the_pages_address(browser, shelve):
    shelve("alice", *(f"Plan {number:02}" for number in range(60)))
    alice = browser("alice")
    answer = search(alice, "is:private plan", sort="title", page=2)
    assert answer.headers["HX-Push-Url"] == "/dashboard?q=is%3Aprivate+plan&sort=title&page=2"
    assert "<html" not in answer.text
    assert listed(alice.get(answer.headers["HX-Push-Url"])) == listed(answer)
    assert search(alice, "").headers["HX-Push-Url"] == "/dashboard?q="


def test_links_keep_the_state(browser, shelve):
    shelve("alice", *(f"Plan {number:02}" for number in range(60)))
    text = search(browser("alice"), "plan", sort="title").text
    assert 'href="/dashboard?q=plan&amp;sort=title&amp;page=2"' in text


def test_a_key_and_a_fixed_value_are_read_in_any_case(browser, shelve):
    shelve("alice", "Plan")
    assert len(listed(search(browser("alice"), "Is:Private AUTHOR:me"))) == 1
    assert listed(search(browser("alice"), "-Is:Private")) == []


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
        {"q": "sort:nonsense"}, {"page": "²"}, {"q": "updated:>0000-00-00"},
        {"sort": "version-desc"},
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


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_place_before_or_after_all_times_is_refused(browser, agent, at):
    after = behind(SimpleNamespace(active_at=at, id=1), "active_at")
    for path in ("/dashboard", "/dashboard/plans"):
        assert browser("alice").get(path, query_string={"after": after}).status_code == 400
    answer = agent("alice", "GET", "/api/plans", query_string={"cursor": after})
    assert answer.status_code == 400


def test_many_people_may_have_a_name(app, browser, shelve):
    with app.app_context():
        many = [f"many{number}@example.com" for number in range(1_000)]
        fixed = {"name": "Persona", "roles": ["qa"]}
        db.session.execute(insert(User), [fixed | {"email": email} for email in many])
        pair = User.by_email(many[0]).id, User.by_email(many[999]).id
        commit()
    shelve("alice", "Asked", "Other", "Handed")
    invite(app, "asked", "bob", REVIEWER)
    with app.app_context():
        asked, handed = (
            db.session.scalars(select(Plan).filter_by(slug=slug)).one()
            for slug in ("asked", "handed")
        )
        db.session.add(Member(plan_id=asked.id, user_id=pair[0], kind=REVIEWER))
        handed.owner_id = pair[1]
        commit()
    ada = browser("ada")
    forms = ["".join(one) for one in product(*zip("person", "PERSON", strict=True))][:35]
    for key, title in (("reviewer", "Asked"), ("author", "Handed")):
        assert listed(search(ada, f"{key}:person")) == [title]
        assert title not in listed(search(ada, f"-{key}:person"))
        assert listed(
            search(ada, " ".join(f"{key}:{one}" for one in forms)[:499].rpartition(" ")[0])
        ) == [title]


def test_a_lone_surrogate_never_breaks(browser):
    assert browser("alice").get("/dashboard?q=%ED%A0%80&sort=%FF").status_code in (200, 400, 422)


def test_a_page_beyond_the_last_is_no_error(browser, plan):
    assert browser("alice").get("/dashboard?page=19").status_code == 200


def test_titles_are_escaped(browser, shelve):
    shelve("alice", "<b onclick=x>Bold & brave")
    text = browser("alice").get("/dashboard").text
    assert "&lt;b onclick=x&gt;Bold &amp; brave" in text and "<b onclick" not in text


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


@pytest.mark.parametrize(
    ("name", "q", "current"),
    [
        ("alice", "involves:me", ["Your turn", "Mine*", "Team", "Mentions"]),
        ("bob", "involves:me", ["Your turn", "Mine*", "Team", "Mentions"]),
        ("ada", "", ["Your turn", "Mine", "Team", "Mentions", "All*"]),
        ("pam", "", ["Your turn", "Mine", "Team", "Mentions", "All*"]),
    ],
)
def test_everybody_lands_on_the_tab_of_their_role(browser, plan, name, q, current):
    answer = browser(name).get("/dashboard")
    assert (field(answer), tabs(answer)) == (q, current)
    assert listed(answer) == ["Auth"]


def test_an_empty_query_is_another_than_none(browser, shelve):
    shelve("pam", "Hers", visibility=PUBLISHED)
    alice = browser("alice")
    assert (listed(alice.get("/dashboard")), listed(alice.get("/dashboard?q="))) == ([], ["Hers"])


@pytest.mark.parametrize(
    ("q", "titles"),
    [
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
    ],
)
def test_what_somebody_takes_part_in(app, browser, shelve, q, titles):
    shelve("alice", "Owned")
    shelve("pam", "Edited", "Asked", "Said", "Foreign", visibility=PUBLISHED)
    for slug, kind in (("edited", EDITOR), ("asked", REVIEWER)):
        invite(app, slug, "alice", kind)
    with app.test_request_context():
        plans = {plan.title: plan for plan in db.session.scalars(select(Plan))}
        plans["Foreign"].verdict, plans["Edited"].verdict = "approved", "changes"
        talk(plans["Said"])
        commit()
    assert set(listed(search(browser("alice"), q))) == titles


def talk(plan):
    """A blocking thread in which alice wrote and pam named her."""
    thread = Thread(plan_id=plan.id, plan=plan, kind="document", opened_on=1, blocking=True)
    thread.opened_by_id = person("pam").id
    db.session.add(thread)
    plan.open_threads = 1
    thread.comment("Look, @alice", by=person("pam"))
    thread.comment("I did", by=person("alice"))


def test_a_deleted_comment_involves_and_mentions_nobody(app, browser, shelve):
    shelve("pam", "Said", visibility=PUBLISHED)
    with app.test_request_context():
        talk(db.session.scalars(select(Plan)).one())
        commit()
        for comment in db.session.scalars(select(Comment)):
            comment.delete(by=comment.author)
        commit()
    alice = browser("alice")
    assert listed(search(alice, "involves:me")) == listed(search(alice, "mentions:me")) == []


@pytest.mark.parametrize("key", ["turn", "mentions", "involves"])
def test_what_is_oneself_takes_nobody_else(browser, key):
    answer = browser("alice").get("/dashboard", query_string={"q": f"{key}:bob"})
    assert answer.status_code == 422 and f"write {key}:me" in answer.text


def test_a_query_that_cannot_be_read_keeps_what_was_typed_and_a_list(browser, plan):
    answer = browser("alice").get("/dashboard?q=autor:me")
    assert answer.status_code == 422 and field(answer) == "autor:me"
    assert ">Auth</a>" in answer.text


def test_many_words_are_refused(browser):
    answer = browser("alice").get("/dashboard/plans", query_string={"q": "word " * 13})
    assert answer.status_code == 422 and "12 words at most" in answer.text


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


@pytest.mark.parametrize(
    "after", ["x", "WzFd", "bnVsbA", "WyJ4IiwxXQ", "W251bGwsMV0", "\0", "ü" * 9]
)
def test_a_place_that_we_never_gave_is_refused(browser, after):
    for sort in ("", "title", "comments"):
        told = {"q": "", "after": after, "sort": sort}
        answer = browser("alice").get("/dashboard/plans", query_string=told, headers=HTMX)
        assert answer.status_code in (200, 400), sort


@pytest.mark.parametrize("sort", ["updated", "updated-asc", "created", "comments", "version-asc",
                                  "title", "title-desc"])  # fmt: skip
def test_a_place_leads_through_every_plan_once(app, sort):
    with app.app_context():
        for number in range(130):
            at = now() - timedelta(hours=number % 5)
            told = {"title": f"Same {number % 3}", "active_at": at, "created_at": at}
            counts = {"newest": number % 4, "open_threads": number % 2}
            owner = person("alice").id
            db.session.add(Plan(slug=f"s{number}", owner_id=owner, **told, **counts))
        commit()
        found = [row.id for page in (1, 2, 3)
                 for row in list_plans(person("alice"), sort=sort, page=page).plans]  # fmt: skip
        walked, after = [], ""
        while True:
            listing = list_plans(person("alice"), sort=sort, after=after)
            walked += [row.id for row in listing.plans]
            if not (after := listing.next_after):
                break
        assert walked == found and len(set(found)) == 130


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


def test_what_others_did_since_a_visit_is_new(app, browser, plan, push_again):
    alice, bob = browser("alice"), browser("bob")
    assert "New since" not in bob.get("/dashboard").text
    bob.get(f"/p/{plan}")
    assert "New since" not in bob.get("/dashboard").text
    push_again()
    assert "New since" in bob.get("/dashboard").text
    assert "New since" not in alice.get("/dashboard").text
    bob.get(f"/p/{plan}")
    assert "New since" not in bob.get("/dashboard").text


@pytest.fixture
def push_again(agent, plan):
    def push():
        body = '<section data-anchor="intro"><h2>Intro</h2><p>Another.</p></section>'
        path = f"/api/push?plan={plan}&base_version=1"
        answer = agent("alice", "POST", path, data=body, content_type="text/html")
        assert answer.status_code == 201

    return push


@pytest.mark.parametrize("path", ["/dashboard?q=", "/dashboard?q=plan", "/dashboard?q=turn:me"])
def test_a_page_of_many_asks_no_more_than_a_page_of_few(browser, shelve, count, path):
    shelve("alice", *(f"Plan {number}" for number in range(3)))
    alice = browser("alice")
    alice.get(path)
    few = count(lambda: alice.get(path))
    shelve("alice", *(f"Plan {number}" for number in range(3, 60)))
    assert count(lambda: alice.get(path)) == few <= 13
