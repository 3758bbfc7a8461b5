"""Readiness says why it is not ready, to everybody and about nothing secret; failures are 503s."""

import socket
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from planpush.accounts.tokens import PERSONAL, REFRESH, SCIM, Token, mint
from planpush.database.session import commit, db
from planpush.operations.readiness import SILENT
from tests.conftest import ON_POSTGRES, make_app
from tests.people import HTMX, person

FULL = "The disk is full: nothing can be saved."
READ_ONLY = "The database can only be read: nothing can be saved."
GONE = "The database cannot be reached."
CLIENT = "planpush-cli"
FORM = {"body": "Words worth keeping.", "anchor": "intro"}


def test_a_healthy_server_is_ready(app):
    client = app.test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")
    told = client.get("/readyz", headers={"Accept": "application/json"})
    assert told.json == {"ready": True, "findings": []}


def test_health_asks_nobody_who_they_are(app, browser):
    asked = []
    alice = browser("alice").client
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert alice.get("/healthz").text == "ok\n"
    assert asked == []
    assert alice.get("/readyz").status_code == 200
    assert not [one for one in asked if "session" in one]


@pytest.fixture
def elsewhere(tmp_path):
    """Apps whose databases nobody can reach: a port that is closed, a folder that is not there."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        address = f"postgresql+psycopg://someone:hush@127.0.0.1:{port}/there"
        yield [make_app(address, tmp_path), make_app(f"sqlite:///{tmp_path}/no/p.db", tmp_path)]


def test_a_database_that_cannot_be_reached_is_said_in_plain_words(elsewhere):
    for app in elsewhere:
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.text) == (503, f"{GONE}\n")
        assert int(answer.headers["Retry-After"]) > 0
        told = app.test_client().get("/readyz", headers={"Accept": "application/json"}).json
        assert told == {"ready": False, "findings": [{"code": "gone", "message": GONE}]}
        assert app.test_client().get("/healthz").status_code == 200


def test_every_audience_hears_of_it_in_its_form(elsewhere):
    bearer, directory = ({"Authorization": f"Bearer {mint(kind)}"} for kind in (PERSONAL, SCIM))
    renewal = {"grant_type": "refresh_token", "refresh_token": mint(REFRESH), "client_id": CLIENT}
    for app in elsewhere:
        client = app.test_client()
        client.set_cookie("planpush", "x" * 43)
        page, piece = client.get("/dashboard"), client.get("/dashboard/plans", headers=HTMX)
        api, scim = (
            client.get("/api/plans", headers=bearer),
            client.get("/scim/v2/Users", headers=directory),
        )
        mcp = client.post("/mcp", headers=bearer, json={"jsonrpc": "2.0", "id": 1, "method": "x"})
        oauth = client.post("/oauth/token", data=renewal)
        for answer in (page, piece, api, scim, mcp, oauth):
            assert answer.status_code == 503, answer.text
            assert answer.headers["Retry-After"] == "5"
            assert GONE in answer.text
            assert "hush" not in answer.text and "127.0.0.1" not in answer.text
        assert piece.headers["PP-Why"].startswith(GONE)
        assert api.json["code"] == "gone"
        assert scim.json["status"] == "503"
        assert oauth.json["error"] == "temporarily_unavailable"


def refuse(app, sqlite, postgres):
    """Let the database itself refuse what is written from now on."""
    statement = postgres if ON_POSTGRES else sqlite
    with app.app_context():
        db.engine.dispose()

        @sa.event.listens_for(db.engine, "connect")
        def set_up(connection, _record):
            connection.execute(statement)
            connection.commit()

    return app


@pytest.fixture
def read_only(app):
    return lambda: refuse(app, "PRAGMA query_only = ON", "SET default_transaction_read_only = on")


def test_what_was_typed_is_not_lost_when_nothing_can_be_saved(plan, browser, agent, read_only):
    bob = browser("bob")
    app = read_only()
    answer = bob.send("POST", f"/p/{plan}/threads", FORM, htmx=False)
    assert answer.status_code == 503
    assert READ_ONLY in answer.text and FORM["body"] in answer.text
    assert answer.headers["Retry-After"] == "30"
    assert bob.get(f"/p/{plan}").status_code == 200
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.text) == (503, f"{READ_ONLY}\n")


@pytest.fixture
def full(app):
    """Fill the disk: SQLite's file may not grow, PostgreSQL says at the commit that it cannot."""
    yield lambda: fill(app)
    if ON_POSTGRES:
        with app.app_context(), db.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION IF EXISTS no_space CASCADE")


def fill(app):
    if not ON_POSTGRES:
        with app.app_context(), db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("BEGIN")
        return refuse(app, "PRAGMA max_page_count = 1", "")
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(NO_SPACE)
    return app


def counts(app):
    names = ("plans", "versions", "sections", "comments", "events", "idempotency_keys")
    with app.app_context(), db.engine.connect() as connection:
        return [connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in names]


def test_a_full_disk_is_said_and_leaves_nothing_half_done(app, plan, browser, full):
    bob, token = browser("bob"), headers_of(app)
    full()
    before = counts(app)
    large = "<h2>A</h2>" + "".join(f"<p>{n} is a number of its own.</p>" for n in range(3_000))
    pushed = app.test_client().post(
        "/api/push?title=Large", data=large, content_type="text/html", headers=token
    )
    assert (pushed.status_code, pushed.json["code"], pushed.json["detail"]) == (503, "full", FULL)
    assert pushed.headers["Retry-After"] == "30"
    said = bob.send("POST", f"/p/{plan}/threads", FORM | {"body": "Long words. " * 800}, htmx=False)
    assert said.status_code == 503 and FULL in said.text and "Long words. Long words." in said.text
    assert counts(app) == before
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.text) == (503, f"{FULL}\n")


def headers_of(app):
    """What alice's agent sends; a token that is made before nothing can be made any more."""
    with app.app_context():
        secret = Token.issue(person("alice"), name="full")
        commit()
    return {"Authorization": f"Bearer {secret}"}


NO_SPACE = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
CREATE CONSTRAINT TRIGGER no_space AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION no_space();
"""


def test_a_database_that_says_nothing_is_not_waited_for(app, monkeypatch):
    """One look hangs; whoever asks meanwhile is told so, and no second one is begun."""
    monkeypatch.setattr("planpush.operations.readiness.PATIENCE", 0.05)
    looks, hangs, go_on = [], threading.Event(), threading.Event()

    def hang(*_):
        looks.append(1)
        hangs.set()
        assert go_on.wait(60)

    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", hang)
    client = app.test_client()
    client.get("/readyz")
    assert hangs.wait(60)
    for _ in range(3):
        assert client.get("/readyz").text == f"{SILENT.message}\n"
    assert len(looks) == 1
    go_on.set()
    deadline = time.monotonic() + 60
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline


def test_one_that_stops_is_not_ready(app):
    app.extensions["planpush_worker"] = SimpleNamespace(draining=True)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "The server is stopping.\n")
