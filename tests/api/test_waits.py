"""The long poll: an agent hears what people said, and nothing of its own doing."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from planpush.accounts.tokens import Token
from planpush.database.session import commit, db
from planpush.plans.plan import Plan
from tests.conftest import code, fields, piece
from tests.people import person

PATIENCE = 30  # seconds: far more than anything here takes


@pytest.fixture
def wait(agent, plan):
    """Ask what people said since a cursor, without waiting for more."""

    def ask(since="", timeout=0, name="alice", **options):
        query = {"since": since, "timeout": timeout}
        return agent(name, "GET", f"/api/plans/{plan}/wait", query_string=query, **options)

    return ask


@pytest.fixture
def cursor(agent, plan, thread):
    return agent("alice", "GET", f"/api/plans/{plan}/threads").json["cursor"]


def test_nothing_new_is_204_without_a_body(wait, cursor):
    answer = wait(cursor)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Retry-After" not in answer.headers


BY_PEOPLE = {
    "opened": ("POST", "/p/auth/threads", {"body": "New"}),
    "commented": ("POST", "/p/auth/threads/1/comments", {"body": "More"}),
    "edited": ("PATCH", "/p/auth/comments/1", {"body": "Other words"}),
    "resolved": ("POST", "/p/auth/threads/1/resolution", {}),
    "reopened": ("DELETE", "/p/auth/threads/1/resolution", {}),
}


def test_what_people_do_is_told_once(wait, cursor, browser):
    bob = browser("bob")
    for what, (method, path, data) in BY_PEOPLE.items():
        assert bob.send(method, path, data).status_code < 300
        told = wait(cursor)
        assert told.status_code == 200, told.text
        (found,) = told.json["threads"]
        assert found["id"] == ("2" if what == "opened" else "1"), what
        cursor = told.json["cursor"]
        assert wait(cursor).status_code == 204


def test_what_agents_do_is_not_told(wait, cursor, agent, push, plan, thread):
    agent("bob", "POST", f"/api/plans/{plan}/threads", json={"body": "From a program"})
    agent("bob", "POST", f"/api/threads/{thread}/comments", json={"body": "Me, too"})
    agent("alice", "POST", f"/api/threads/{thread}/answer", json={"status": "question"})
    push("alice", [piece("intro")], plan=plan, base_version=1)
    assert wait(cursor).status_code == 204


def test_without_a_cursor_it_waits_for_what_comes_from_now_on(wait, thread):
    assert wait().status_code == 204


def test_a_wrong_form_is_named(agent, plan):
    for query in [{"since": "x"}, {"timeout": "-1"}, {"timeout": "1.5"}]:
        refused = agent("bob", "GET", f"/api/plans/{plan}/wait", query_string=query)
        assert (refused.status_code, fields(refused)) == (400, list(query)), query


def test_strangers_do_not_learn_of_it(wait):
    assert wait(name="charlie").status_code == 404
    assert code(wait(scopes=["comments:write"])) == "insufficient_scope"


@pytest.fixture
def ask(app, plan, cursor):
    """Ask in a thread of its own, as somebody's agent: the answer is a future."""
    pool = ThreadPoolExecutor()

    def start(name="alice", to=None):
        with app.app_context():
            token = Token.issue(person(name), name="waits")
            commit()
        headers = {"Authorization": f"Bearer {token}"}
        query = {"since": cursor, "timeout": PATIENCE}
        path = f"/api/plans/{plan}/wait"
        get = (to or app).test_client().get
        return pool.submit(get, path, query_string=query, headers=headers)

    yield start
    pool.shutdown()


def settle(app):
    """Return once somebody waits and, between two looks, holds no connection."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with app.app_context():
            if "planpush_waits" in app.extensions and not db.engine.pool.checkedout():
                return
        threading.Event().wait(0.05)
    raise AssertionError("the waiter never let go of its connection")


def test_a_comment_ends_the_wait_and_no_connection_is_held_meanwhile(app, ask, browser):
    answer = ask()
    settle(app)
    browser("bob").send("POST", "/p/auth/threads/1/comments", {"body": "Look here"})
    told = answer.result(PATIENCE)
    assert told.json["threads"][0]["comments"][-1]["body"] == "Look here"


def revoke(app):
    with app.app_context():
        token = db.session.scalars(sa.select(Token).where(Token.name == "waits")).one()
        token.revoke(by=person("alice"))
        commit()


def deactivate(app):
    with app.app_context():
        person("charlie").deactivate(by=person("ada"))
        commit()


def unpublish(app):
    with app.app_context():
        Plan.find("auth", person("alice")).unpublish(by=person("alice"))
        commit()


@pytest.mark.parametrize(("change", "status"), [(revoke, 401), (deactivate, 401), (unpublish, 404)])
def test_who_is_shut_out_waits_no_longer(app, ask, browser, change, status):
    browser("alice").send("POST", "/p/auth/publication")
    answer = ask(name="charlie")
    settle(app)
    change(app)
    assert answer.result(PATIENCE).status_code == status


@pytest.mark.long
def test_what_no_event_tells_ends_it_too(app, ask, sql):
    answer = ask()
    settle(app)
    sql("UPDATE tokens SET expires_at = created_at WHERE name = 'waits'")
    assert answer.result(PATIENCE).status_code == 401


def test_half_of_the_threads_may_wait_the_next_is_answered_at_once(another, ask, browser):
    made = another(web_threads=3)
    first = ask(to=made)
    settle(made)
    told = ask(to=made).result(PATIENCE)
    assert (told.status_code, told.headers["Retry-After"]) == (204, "5")
    browser("bob").send("POST", "/p/auth/threads/1/comments", {"body": "Look here"})
    assert first.result(PATIENCE).status_code == 200
    assert ask(to=made).result(PATIENCE).status_code == 200
