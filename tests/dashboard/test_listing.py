"""Lists: whether few plans are sorted or an index is walked, the same ones come in one order."""

import pytest
from sqlalchemy import select

from planpush.dashboard import filters
from planpush.dashboard.list_query import SORTS
from planpush.dashboard.listing import list_plans
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.plans.plan import EDITOR, PRIVATE, PUBLISHED, Member, Plan
from tests.dashboard.test_search import push, say, section
from tests.people import person

QUERIES = (
    "involves:me", "-involves:me", "involves:me is:archived", "involves:me is:private",
    "involves:me has:open-threads", "involves:me has:blocking", "involves:me author:me",
    "involves:me herring",
)  # fmt: skip
OWNERS = ("alice", "bob", "alice", "pam", "bob", "charlie", "pam", "alice")


@pytest.fixture(autouse=True)
def shelf(app):
    """Plans that people own, may edit or commented on, some of them archived or private."""
    with app.test_request_context():
        for number, owner in enumerate(OWNERS):
            visibility = PRIVATE if number % 3 == 1 else PUBLISHED
            text = section("<p>herring</p>")
            plan = push(f"Plan {9 - number}", text, by=owner, visibility=visibility)
            for name in ("alice", "alice", "bob")[: number % 4]:
                say(plan, "Comment", by=name if visibility == PUBLISHED else owner)
            if number == 1:
                db.session.add(Member(plan_id=plan.id, user_id=person("alice").id, kind=EDITOR))
            if number % 5 == 2:
                plan.archive(by=person(owner))
            commit()
        yield


def shown():
    """What three people see, by query and order."""
    found = {}
    for name in ("alice", "bob", "ada"):
        for q in QUERIES:
            for sort in [*SORTS, *(f"{one}-asc" for one in SORTS)]:
                page = list_plans(person(name), q=q, sort=sort)
                titles = [row.title for row in page.plans]
                found[name, q, sort] = titles, page.total, page.exact
    return found


def test_who_takes_part_in_very_many_plans_gets_the_same_lists(monkeypatch):
    before = shown()
    monkeypatch.setattr(filters, "_OWN", 0)
    assert shown() == before
    titles = ["Plan 3", "Plan 4", "Plan 6", "Plan 8", "Plan 9"]
    assert before["alice", "involves:me", "title"] == (titles, 5, True)


@pytest.mark.parametrize("q", ["involves:me", "has:open-threads", "has:blocking"])
def test_what_became_more_than_few_since_it_was_counted_is_all_there(monkeypatch, q):
    monkeypatch.setattr(filters, "_SOME", 1)
    monkeypatch.setattr(filters, "_OWN", 1)
    for plan in db.session.scalars(select(Plan)):
        plan.open_threads = 0  # none is few
    commit()
    few = list_plans(person("ada"), q=q)
    for number in range(3):
        plan = push(f"More {number}", section("<p>new</p>"), by="ada", visibility=PUBLISHED)
        place, ada = Place(anchor="body"), person("ada")
        plan.open_thread(place, "Comment", by=ada, on=plan.newest, blocking=True)
        commit()
    many = list_plans(person("ada"), q=q)
    assert (few.total, many.total, many.exact) == (0, 3, True)
