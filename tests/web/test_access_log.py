"""Each request has an id and leaves a line; what people send stands in no log, even at DEBUG."""

import io
import json
import logging
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from planpush.database.session import db
from planpush.logs import JsonLines, is_for_operators
from planpush.server.worker import Worker
from tests.conftest import DOCUMENT
from tests.people import person

WORDS = "Only the two of us know of this heron"


@pytest.fixture
def lines():
    """What stands in the log, line by line, with LOG_LEVEL=DEBUG."""
    written, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(written), root.level
    handler.setFormatter(JsonLines())
    handler.addFilter(is_for_operators)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def requests(lines):
    return [line for line in lines() if line["logger"] == "planpush.access"]


def test_a_line_names_the_route_and_the_person_by_number(app, browser, plan, lines):
    answer = browser("alice").get(f"/p/{plan}?v=1&secret=heron")
    line = requests(lines)[-1]
    with app.app_context():
        assert line["user"] == person("alice").id
    assert (line["method"], line["route"], line["status"]) == ("GET", "/p/<slug>", 200)
    assert line["bytes"] == int(answer.headers["Content-Length"]) and line["duration_ms"] >= 0
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert plan not in json.dumps(line) and "heron" not in json.dumps(line)


def test_what_is_streamed_is_not_gathered_to_be_measured(browser, lines):
    answer = browser("ada").get("/settings/profile/data")
    assert answer.is_streamed and requests(lines)[-1]["bytes"] is None
    answer.close()


def test_what_has_no_route_is_one_route(app, lines):
    app.test_client().get("/wp-login.php")
    app.test_client().open("/healthz", method="BREW")
    found = [(line["method"], line["route"], line["status"]) for line in requests(lines)]
    assert found == [("GET", "(none)", 404), ("OTHER", "(none)", 405)]


IDS = [(1, "b1946ac9-2492-4d23-47c2-6b8e6a3f1d2e", True), (0, "b1946ac92492d234", False),
 (1, "short", False), (1, "a" * 65, False), (1, 'aaaaaaaa"}', False), (1, "", False)]  # fmt: skip


def test_an_id_is_a_trusted_proxys_or_made(another):
    for proxies, brought, kept in IDS:
        site = another(trusted_proxies=proxies)
        headers = {"X-Request-ID": brought} if brought else {}
        found = site.test_client().get("/healthz", headers=headers).headers["X-Request-ID"]
        assert found == brought if kept else re.fullmatch("[0-9a-f]{12}", found), (proxies, brought)


def test_our_fault_is_told_with_the_id(app, browser, agent, monkeypatch, lines):
    alice = browser("alice")
    for name in ("dashboard.show", "api_plans.index"):
        assert name in app.view_functions
        monkeypatch.setitem(app.view_functions, name, _fails)
    page, program = alice.get("/dashboard"), agent("alice", "GET", "/api/plans")
    assert f"request <code>{page.headers['X-Request-ID']}</code>" in page.text
    assert (page.status_code, program.status_code) == (500, 500)
    assert program.json["request_id"] == program.headers["X-Request-ID"]
    told = [line for line in lines() if "exception" in line]
    assert [line["request_id"] for line in told] == [
        page.headers["X-Request-ID"], program.headers["X-Request-ID"],
    ]  # fmt: skip
    assert all("in _fails" in line["exception"] and WORDS not in str(line) for line in told)


def _fails(**_values):
    raise ValueError(WORDS)


_fails.scope = "plans:read"


def test_nothing_that_anybody_wrote_or_brought_is_in_a_log(app, browser, agent, plan, lines):
    bob, client = browser("bob"), app.test_client()
    document = DOCUMENT.replace("Tokens rotate on every use.", WORDS)
    path = f"/api/push?plan={plan}&base_version=1&message=heron"
    pushed = agent("alice", "POST", path, data=document, content_type="text/html")
    assert pushed.status_code == 201
    said = bob.send("POST", f"/p/{plan}/threads", {"anchor": "intro", "body": WORDS})
    assert said.status_code == 201
    client.get("/sign-in/local?token=heron-of-ours")
    grant = {"grant_type": "refresh_token", "refresh_token": "ppr_heron", "client_id": "heron"}
    assert client.post("/oauth/token", data=grant).status_code in (400, 401)
    sent = {"Authorization": "Bearer ppt_heron"}
    assert client.get("/api/plans", headers=sent).status_code == 401
    Worker(app)._done(failing)
    text = json.dumps(lines())
    assert len(requests(lines)) >= 5 and '"job"' in text and "IntegrityError" in text
    cookie = next(iter(bob.client._cookies.values())).value
    assert [one for one in ("heron", WORDS, cookie) if one in text] == []


def failing():
    """A job whose statement brings what somebody wrote, and is refused for another column."""
    with pytest.raises(DBAPIError) as refused:
        db.session.execute(
            sa.text("INSERT INTO plans (slug, title) VALUES (:slug, :title)"),
            {"slug": WORDS, "title": WORDS},
        )
    db.session.rollback()
    raise refused.value
