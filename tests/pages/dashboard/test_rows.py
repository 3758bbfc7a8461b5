"""Rows: filled into a stencil, each is what its template renders, letter by letter."""

import re
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import delete

from planpush.accounts.user import User
from planpush.comments.thread import Thread
from planpush.dashboard.search_index import index_missing
from planpush.database.session import commit, db, now
from planpush.pages.dashboard.rows import Rows
from planpush.plans.plan import PUBLISHED, REVIEWER, Member, Plan
from planpush.plans.visits import Visit
from planpush.reviews.attention import ANSWERED, MENTION, WHOLE, Turn
from planpush.reviews.sign_offs import APPROVED, CHANGES, SignOff
from planpush.web.stencil import rendered
from tests.people import HTMX, person

HOSTILE = '100 %, %(id)s and <b>%s</b> & "more" \' {{ plan }}'
TITLES = [
    HOSTILE,
    "שלום words %d",
    "Words in a title",
    "\u202eWords of <script>",
    "{% raw %} words",
]
TOKEN = re.compile(r"\b[0-9a-f]{80}\b")
OLD = timedelta(days=40)


@pytest.fixture
def shelf(app, plan):
    """Plans of alice and of who has a hostile name: of all kinds, and everything mixed."""
    with app.test_request_context():
        for number in range(6):
            User.add(f"r{number}@example.com", name=f"{HOSTILE} {number}", roles=["qa"])
        owners = person("alice"), User.by_email("r0@example.com")
        plans = [put(number, owners[number % 2]) for number in range(36)]
        for plan in plans[1::3]:
            talk(plan)
        commit()
        db.session.execute(delete(Turn))
        for number, plan in enumerate(plans):
            settle(number, plan)
            add_people(number, plan)
            add_turns(number, plan)
        while index_missing():
            pass
        commit()


def put(number, owner):
    title = f"{TITLES[number % 5]} {number}"
    plan = Plan(slug=f"plan-{number}", title=title, owner_id=owner.id, newest=1 + number % 3)
    plan.visibility = "private" if number % 6 == 0 else PUBLISHED
    plan.created_at = now()
    db.session.add(plan)
    db.session.flush()
    return plan


def talk(plan):
    """A comment to be found."""
    thread = Thread(plan_id=plan.id, plan=plan, kind="document", opened_on=1)
    thread.opened_by_id = person("pam").id
    db.session.add(thread)
    thread.comment(f"Comment {HOSTILE}, in words", by=person("pam"))


def settle(number, plan):
    """What a list shows of a plan, whatever happened to it."""
    plan.verdict = ("", "", APPROVED, CHANGES)[number // 2 % 4]
    plan.active_at = now() - timedelta(hours=number) - OLD * (number % 5 == 0)
    plan.open_threads, plan.resolved_threads = ((0, 0), (3, 1), (0, 2))[number // 3 % 3]
    plan.archived_at = now() if number % 7 == 6 else None
    if number % 4 < 3:
        at = plan.active_at + timedelta(minutes=number % 4 - 1)
        visit = Visit(plan_id=plan.id, user_id=person("alice").id, at=at, version=number % 2)
        db.session.add(visit)


def add_people(number, plan):
    """Up to six reviewers, whose words count or lapsed."""
    for one in range(number % 7 if number % 2 else 0):
        user = User.by_email(f"r{one}@example.com")
        db.session.add(Member(plan_id=plan.id, user_id=user.id, kind=REVIEWER))
        if one % 2:
            word = SignOff(plan_id=plan.id, user_id=user.id, decision=APPROVED, version=one)
            word.given_on, word.sections = one, ["a", "b"][: one % 3]
            db.session.add(word)


def add_turns(number, plan):
    """For up to three reasons it is the turn of alice."""
    for one in range(number // 4 % 4):
        thread = one + number if number % 8 > 3 else WHOLE + one
        turn = Turn(user_id=person("alice").id, plan_id=plan.id, thread_id=thread, event_id=1)
        turn.reason = (ANSWERED, MENTION)[one % 2]
        db.session.add(turn)


def seen(somebody, path):
    return TOKEN.sub("TOKEN", somebody.get(path, headers=HTMX).text)


def test_a_stencil_gives_what_the_template_gives(browser, shelf, monkeypatch):
    queries = ("", "words", "comment more", "turn:me", "is:archived", "tokens")
    for reader, q in product(map(browser, ("alice", "bob", "ada")), queries):
        path = f"/dashboard/plans?q={q}"
        filled = seen(reader, path)
        with monkeypatch.context() as patch:
            patch.setattr(Rows, "html", by_template)
            assert seen(reader, path) == filled
        assert "%(" not in filled.replace("%(id)s", "") and "<script>" not in filled


def by_template(rows, plan):
    return rendered("dashboard/_plan.html", rows.page | {"plan": plan})


def test_the_rows_of_the_test_are_of_many_kinds(browser, shelf, monkeypatch):
    kinds, kind_of = set(), Rows._kind
    monkeypatch.setattr(Rows, "_kind", lambda *given, **told: noted(kinds, kind_of(*given, **told)))
    for q in ("", "words", "comment more", "is:archived", "tokens"):
        assert browser("alice").get(f"/dashboard?q={q}").status_code == 200
    assert len(kinds) > 40
    told = [{getattr(kind, name) for kind in kinds} for name in next(iter(kinds))._fields]
    told = dict(zip(next(iter(kinds))._fields, told, strict=True))
    assert told.pop("done") == {False} and told["hit"] == {"", "thread", "section"}
    assert all(len(values) > 1 for values in told.values()), told


def noted(kinds, kind):
    kinds.add(kind)
    return kind


def test_the_next_that_waits_has_the_focus_in_a_stencil_too(browser, shelf, monkeypatch):
    """After "done", where the list is there again with one row less."""
    alice = browser("alice")
    path = "/dashboard?q=turn%3Ame"
    slugs = re.findall(r'href="/p/(plan-\d+)"', alice.get(path).text)[:2]
    data = {"from": "dashboard", "at": path}
    answers = []
    for slug in slugs:
        answers.append(alice.send("DELETE", f"/p/{slug}/turn?from=dashboard", data))
        monkeypatch.setattr(Rows, "html", by_template)
    assert all(answer.text.count(" autofocus") == 1 for answer in answers)
