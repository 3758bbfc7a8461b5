"""Four workers that share nothing but the database: who is out is out, and ten are ten."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa

from planpush.db import commit, db
from planpush.models.event import Event
from planpush.models.session import BrowserSession, SignInLink
from planpush.models.token import Token
from tests.conftest import person
from tests.people import HTMX
from tests.system.serving import Server

TRIES, LOGINS, LIMIT = 50, 100, 10


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    limits = {"RATE_LIMITS": "on", "SIGN_IN_LIMIT": str(LIMIT), "TRUSTED_PROXIES": "1"}
    server = Server(folder, workers=4, **limits).start()
    yield server
    server.close()


def ways_in(server):
    """Headers of two browsers and two tokens of alice's, with the paths they open."""
    with server.app.app_context():
        cookies = [BrowserSession.start(person("alice"), provider="local") for _ in range(2)]
        tokens = [Token.issue(person("alice"), name="cli") for _ in range(2)]
        commit()
    return [("/dashboard/plans", HTMX | {"Cookie": f"planpush={one}"}) for one in cookies] + [
        ("/api/plans", {"Authorization": f"Bearer {one}"}) for one in tokens
    ]


def answers(server, ways):
    """The status of each, on a connection of its own, so that any worker may get it."""
    return [
        requests.get(server.base + path, headers=headers, timeout=20).status_code
        for path, headers in ways
    ]


@pytest.fixture
def revoke(four):
    """Let ada end all that alice has open, at the page for it."""
    with four.app.app_context():
        cookie = BrowserSession.start(person("ada"), provider="local")
        path = f"{four.base}/admin/members/{person('alice').id}/sessions"
        commit()
    with requests.Session() as http:
        http.headers["Cookie"] = f"planpush={cookie}"
        page = http.get(f"{four.base}/dashboard", timeout=20).text
        http.headers["X-CSRF-Token"] = re.search(r'name="csrf-token" content="(\w+)"', page)[1]
        yield lambda: http.delete(path, timeout=20, allow_redirects=False).status_code


def test_4_revocation_reaches_every_worker_at_once(four, revoke):
    before, after = Counter(), Counter()
    for _ in range(TRIES):
        ways = ways_in(four)
        before.update(answers(four, ways))
        assert revoke() == 303
        after.update(answers(four, ways))
    assert before == {200: 4 * TRIES}
    assert after == {401: 4 * TRIES}


def good_links(server):
    with server.app.app_context():
        links = [SignInLink.issue(person("bob")) for _ in range(LOGINS)]
        commit()
    return links


@pytest.mark.parametrize(
    ("links", "status", "place"),
    [(good_links, 302, "203.0.113.1"), (lambda _: ["x"] * LOGINS, 403, "203.0.113.2")],
)
def test_39_of_a_hundred_log_ins_ten_pass(four, links, status, place):
    def use(link):
        answer = requests.get(
            f"{four.base}/sign-in/local?token={link}", timeout=60, allow_redirects=False,
            headers={"X-Forwarded-For": place},
        )  # fmt: skip
        return answer.status_code, answer.headers.get("Retry-After", "")

    with ThreadPoolExecutor(16) as threads:
        seen = list(threads.map(use, links(four)))
    assert Counter(code for code, _ in seen) == {status: LIMIT, 429: LOGINS - LIMIT}
    assert all(1 <= int(wait) <= 60 for code, wait in seen if code == 429)
    with four.app.app_context():
        query = sa.select(Event.kind, Event.data).where(Event.address == place)
        rows = Counter((kind, data.get("reason")) for kind, data in db.session.execute(query))
    passed = ("session.started", None) if status == 302 else ("sign_in.failed", None)
    assert rows == {passed: LIMIT, ("sign_in.failed", "rate_limited"): LOGINS - LIMIT}
