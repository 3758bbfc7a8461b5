"""Many at once: one push wins each base, no comment is lost, nobody is told that it is locked."""

import re
from collections import Counter

import pytest
import sqlalchemy as sa
from flask import g

from planpush.accounts.tokens import Token
from planpush.database.session import commit, db, now
from planpush.events.event import Event
from planpush.plans.plan import Plan
from planpush.plans.visits import Visit
from tests.conftest import ON_POSTGRES, at_once
from tests.people import SAME_ORIGIN, Browser, person


@pytest.fixture
def send(app):
    """Push as alice's agent, from any thread."""
    with app.app_context():
        token = Token.issue(person("alice"), name="test")
        commit()

    def push(words, headers=None, **body):
        sections = [{"anchor": "intro", "html": f"<p>{words}</p>"}]
        sent = {"Authorization": f"Bearer {token}"} | (headers or {})
        return app.test_client().post("/api/push", json={"sections": sections} | body, headers=sent)

    return push


def test_of_eight_pushes_on_one_base_one_wins(agent, plan, send):
    for base in (1, 2, 3):
        answers = at_once(
            8, lambda n, base=base: send(f"Words {n} on {base}.", plan=plan, base_version=base)
        )
        counted = Counter(answer.status_code for answer in answers)
        assert counted == {201: 1, 409: 7}, [answer.text for answer in answers]
    versions = agent("alice", "GET", f"/api/plans/{plan}").json["versions"]
    assert [version["version"] for version in versions] == [4, 3, 2, 1]


def test_eight_new_plans_that_wish_one_name_get_eight(send):
    answers = at_once(8, lambda n: send(f"Words {n}.", title="T", slug="wish"))
    assert {answer.status_code for answer in answers} == {201}, [a.text for a in answers]
    slugs = {answer.json["plan"] for answer in answers}
    assert len(slugs) == 8 and "wish" in slugs


def test_the_same_key_at_once_makes_one_plan(agent, send):
    headers = {"Idempotency-Key": "k"}
    answers = at_once(8, lambda _: send("Words.", headers, title="T"))
    assert {answer.status_code for answer in answers} == {201}, [a.text for a in answers]
    assert len({answer.json["plan"] for answer in answers}) == 1
    assert len(agent("alice", "GET", "/api/plans").json["plans"]) == 1


def test_the_same_words_at_once_make_one_version(send, plan):
    answers = at_once(8, lambda _: send("The same.", plan=plan, base_version=1))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 7}
    assert {answer.json["version"] for answer in answers} == {2}


@pytest.fixture
def comment(app, plan):
    """Comment as bob's browser, from any thread."""
    bob = Browser(app, "bob")
    cookie = bob.client.get_cookie("planpush").value

    def send(body, **form):
        client = app.test_client()
        client.set_cookie("planpush", cookie)
        form |= {"body": body, "anchor": "intro"}
        return client.post(f"/p/{plan}/threads", data=form, headers=SAME_ORIGIN)

    return send


def test_sixteen_comment_at_once_and_none_is_lost(agent, plan, comment):
    answers = at_once(16, lambda number: comment(f"Comment {number}"))
    assert {answer.status_code for answer in answers} == {303}, [a.text for a in answers]
    assert len({re.search(r"thread=(\d+)", answer.location)[1] for answer in answers}) == 16
    told = agent("bob", "GET", f"/api/plans/{plan}").json
    assert (told["open_threads"], told["comments"]) == (16, 16)


def test_a_double_click_at_once_makes_one_thread(agent, plan, comment):
    answers = at_once(8, lambda _: comment("Once", key="k1"))
    assert len({answer.location for answer in answers}) == 1
    assert agent("bob", "GET", f"/api/plans/{plan}").json["open_threads"] == 1


def test_pushes_and_comments_cross_without_a_loss(agent, plan, send, comment):
    def act(number):
        if number % 2:
            return send(f"Tokens rotate {number}.", plan=plan, base_version=1).status_code
        return comment(f"Comment {number}", v="1").status_code

    statuses = at_once(8, act)
    assert Counter(statuses) == {303: 4, 201: 1, 409: 3}
    threads = agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"]
    assert len(threads) == 4


def test_who_archive_and_take_back_the_same_plans_at_once_do_so_once(app, browser, send):
    for number in range(6):
        assert send("Words.", title=f"P {number}").status_code == 201
    with app.app_context():
        ids = list(db.session.scalars(sa.select(Plan.id).order_by(Plan.id)))
    data = {"action": "archive"}
    people = [browser(name) for name in ("alice", "ada", "pam")]
    tokens = at_once(
        6,
        lambda n: people[n % 3].send(
            "POST", "/plans/bulk", data | {"id": ids[:: 1 if n % 2 else -1]}
        ),
    )
    assert {answer.status_code for answer in tokens} == {200}
    found = [re.search(r'action="(/undo/[^"]+)"', answer.text) for answer in tokens]
    (undo,) = [(people[n % 3], one[1]) for n, one in enumerate(found) if one]
    answers = at_once(4, lambda _: undo[0].send("POST", undo[1]))
    assert {answer.status_code for answer in answers} == {200}
    with app.app_context():
        kinds = Counter(db.session.scalars(sa.select(Event.kind)))
    assert (kinds["plan.archived"], kinds["plan.unarchived"]) == (6, 6)


def test_who_looks_for_the_first_time_does_not_wait_for_who_writes(app, plan):
    with app.app_context():
        g.writes = ON_POSTGRES  # SQLite has one lock, of the whole file: there nobody holds it
        bob = person("bob")
        row = {"user_id": bob.id, "plan_id": Plan.find(plan, bob, lock=True).id, "at": now()}
        with db.engine.begin() as other:
            if ON_POSTGRES:
                other.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
            other.execute(sa.insert(Visit).values(row))
        db.session.rollback()
        assert db.session.scalar(sa.select(Visit.plan_id)) == row["plan_id"]
