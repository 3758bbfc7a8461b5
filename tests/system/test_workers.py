"""Four workers that share nothing but the database: who is out is out, and ten are ten."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa

from planpush.accounts.clients import DEVICE
from planpush.accounts.device_codes import DeviceCode
from planpush.accounts.grants import Grant
from planpush.accounts.sessions import BrowserSession, SignInLink
from planpush.accounts.tokens import Token
from planpush.database.session import commit, db
from planpush.events.event import Event
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
        requests.get(server.base + path, headers=headers, timeout=60).status_code
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
        http.headers["Origin"] = four.base
        yield lambda: http.delete(path, timeout=60, allow_redirects=False).status_code


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


@pytest.fixture
def post(four):
    """Post a form as the terminal that is built in, many times at once if wanted."""

    def call(path, times=1, **form):
        def send(_):
            data = {"client_id": "planpush-cli"} | form
            return requests.post(four.base + path, data=data, timeout=60)

        with ThreadPoolExecutor(times) as threads:
            answers = list(threads.map(send, range(times)))
        return answers if times > 1 else answers[0]

    return call


def outcome(answers):
    return Counter((answer.status_code, answer.json().get("error")) for answer in answers)


def of_grants(server, grant_id):
    with server.app.app_context():
        kinds = db.session.execute(sa.select(Event.kind, Event.data)).all()
    return Counter(kind for kind, data in kinds if data.get("grant") == grant_id)


def allowed(server, post):
    """A device code that alice has allowed."""
    asked = post("/oauth/device_authorization").json()
    with server.app.app_context():
        session_id = BrowserSession.find(BrowserSession.start(person("alice"), provider="x")).id
        found = DeviceCode.waiting(asked["user_code"])
        assert found.decide("allow", by=person("alice"), session_id=session_id)
        commit()
    return asked["device_code"]


@pytest.mark.long
def test_35_of_twenty_parallel_polls_and_refreshes_one_gets_tokens(four, post):
    code = {"grant_type": DEVICE, "device_code": allowed(four, post)}
    polls = post("/oauth/token", 20, **code)
    assert outcome(polls) == {(200, None): 1, (400, "invalid_grant"): 19}
    assert outcome([post("/oauth/token", **code)]) == {(400, "invalid_grant"): 1}
    first = next(answer.json() for answer in polls if answer.ok)
    old = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    renewals = post("/oauth/token", 20, **old)
    assert outcome(renewals) == {(200, None): 1, (400, "invalid_grant"): 19}
    # Somebody else has the token, too: nobody keeps anything of this family.
    second = next(answer.json() for answer in renewals if answer.ok)
    dead = [first["access_token"], second["access_token"]]
    ways = [("/api/plans", {"Authorization": f"Bearer {one}"}) for one in dead]
    assert answers(four, ways) == [401, 401]
    new = {"grant_type": "refresh_token", "refresh_token": second["refresh_token"]}
    assert outcome([post("/oauth/token", **new)]) == {(400, "invalid_grant"): 1}
    with four.app.app_context():
        grant_id = db.session.scalar(sa.select(sa.func.max(Grant.id)))
    rows = {"token.issued": 1, "token.refreshed": 1, "token.reuse": 1}
    assert of_grants(four, grant_id) == rows
