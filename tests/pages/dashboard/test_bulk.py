"""Bulk: the selected plans, each by its own right; the list afterwards, a toast, and Undo."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db
from planpush.plans.plan import PRIVATE, PUBLISHED, Plan
from tests.people import CAST, person


@pytest.fixture
def shelve(app):
    """Put plans on the shelf: shelve("alice", "one", "two", visibility=…); their ids."""

    def put(name, *slugs, **columns):
        with app.app_context():
            owner = person(name).id
            made = [
                Plan(slug=slug, title=slug.title(), owner_id=owner, newest=1, **columns)
                for slug in slugs
            ]
            db.session.add_all(made)
            commit()
            return [one.id for one in made]

    return put


@pytest.fixture
def state(app):
    """Where plans are: state([1, 2], "archived")."""

    def read(ids, column):
        with app.app_context():
            query = sa.select(Plan.id, getattr(Plan, column)).where(Plan.id.in_(ids))
            found = dict(map(tuple, db.session.execute(query)))
            return [found[one] for one in ids]

    return read


def send(somebody, ids, action, htmx=True, **more):
    return somebody.send("POST", "/plans/bulk", {"id": ids, "action": action} | more, htmx=htmx)


def toast(answer):
    """What the toast says, and the address that undoes it."""
    assert answer.status_code == 200, answer.text
    inner = re.search(r'<details class="toast".*?</details>', answer.text, re.DOTALL)[0]
    undo = re.search(r'action="(/undo/[^"]+)"', inner)
    return unescape(re.search(r"<p>(.*?)</p>", inner)[1]), undo[1] if undo else ""


def refusal(answer):
    """What a refusal says, without markup."""
    return unescape(re.sub(r"<[^>]+>", " ", answer.text))


@pytest.mark.parametrize(
    ("action", "column", "before", "after", "said"),
    [
        ("archive", "archived", False, True, "2 plans archived."),
        ("unarchive", "archived", True, False, "2 plans taken out of the archive."),
        (
            "publish", "visibility", PRIVATE, PUBLISHED,
            "2 plans published. Everybody who is signed in can see them.",
        ),
        ("unpublish", "visibility", PUBLISHED, PRIVATE, "2 plans made private."),
    ],
)  # fmt: skip
def test_each_action_and_its_undo(browser, shelve, state, action, column, before, after, said):
    made = {"archived_at": sa.func.now()} if before is True else {}
    ids = shelve("alice", "one", "two", **(made if column == "archived" else {column: before}))
    alice = browser("alice")
    words, undo = toast(send(alice, ids, action))
    assert words == said and state(ids, column) == [after, after]
    words, again = toast(alice.send("POST", undo))
    assert words.startswith("Undone: 2 plans ") and again == ""
    assert state(ids, column) == [before, before]


@pytest.mark.parametrize("name", [*CAST])
def test_the_whole_cast_may_do_what_each_may_do_alone(browser, shelve, state, name):
    ids = shelve("alice", "private") + shelve("alice", "public", visibility=PUBLISHED)
    answer = send(browser(name), ids, "archive")
    moved = name in ("alice", "ada", "pam")
    assert state(ids, "archived") == [moved, moved]
    told = "Nothing changed. 1 is not yours to archive. 1 was not found."
    assert toast(answer)[0] == ("2 plans archived." if moved else told)


REFUSED = [
    ({"action": "archive"}, "Select at least one plan"),
    ({"id": [1]}, "Choose what to do"),
    ({"id": [1], "action": "delete"}, "Choose what to do"),
    ({"id": ["x"], "action": "archive"}, "That is no plan"),
    ({"id": ["-1"], "action": "archive"}, "That is no plan"),
    ({"id": ["0"], "action": "archive"}, "That is no plan"),
    ({"id": ["²"], "action": "archive"}, "That is no plan"),
    ({"id": ["9" * 10], "action": "archive"}, "That is no plan"),
    ({"id": ["1\0"], "action": "archive"}, "That is no plan"),
    ({"id": [*range(1, 102)], "action": "archive"}, "at most 100"),
]


def test_what_cannot_be_done_is_refused_with_a_sentence(browser):
    for htmx in [True, False]:
        for data, said in REFUSED:
            answer = browser("alice").send("POST", "/plans/bulk", data, htmx=htmx)
            assert answer.status_code == 422 and said in refusal(answer), (data, said)


def test_the_list_stays_in_its_state(browser, shelve):
    ids = shelve("alice", "one", "two")
    shelve("alice", "public", visibility=PUBLISHED)
    answer = send(browser("alice"), ids[:1], "archive", q="is:private", sort="title")
    assert ">Two<" in answer.text and ">One<" not in answer.text and ">Public<" not in answer.text
    assert 'name="q" value="is:private"' in answer.text
    assert 'name="sort" value="title"' in answer.text
    assert answer.headers["HX-Replace-Url"] == "/dashboard?q=is%3Aprivate&sort=title"


def test_without_script_the_page_says_it_and_undoes_it(browser, shelve, state):
    ids, alice = shelve("alice", "one", "two"), browser("alice")
    answer = send(alice, ids[:1], "archive", htmx=False, q="author:me", sort="title")
    assert answer.status_code == 303
    kept = parse_qs(urlsplit(answer.location).query)
    assert (kept["q"], kept["sort"]) == (["author:me"], ["title"])
    words, undo = toast(alice.get(answer.location))
    assert words == "1 plan archived."
    answer = alice.send("POST", undo, {"q": "author:me"}, htmx=False)
    assert answer.status_code == 303 and state(ids, "archived") == [False, False]
    words, again = toast(alice.get(answer.location))
    assert words.startswith("Undone: 1 plan ") and again == ""


def test_the_page_holds_what_a_form_without_script_needs(browser, shelve):
    shelve("alice", "one")
    for sort in ("", "title"):
        text = browser("alice").get(f"/dashboard?q=author:me&sort={sort}").text
        form = re.search(r'<form class="bulk".*?</form>', text, re.DOTALL)[0]
        assert 'method="post" action="/plans/bulk"' in form
        assert 'name="q" value="author:me"' in form and ('name="sort"' in form) is bool(sort)
        assert text.count('form="pp-bulk"') == 1
