"""The fast lane: it says what the app would have said, and only to whom the app would have."""

import logging
from functools import cache

import pytest
from sqlalchemy.exc import OperationalError

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from planpush.plans import document_bytes
from planpush.plans.document_bytes import Copies
from tests.conftest import code, invite, piece
from tests.people import person

PATH = "/api/plans/auth/document"
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def ask(app, plan):
    """Ask for the document with one's token, by default as alice, who owns it and asked before."""

    @cache
    def token(name):
        with app.app_context():
            made = Token.issue(person(name), name="test")
            commit()
        return made

    def get(name="alice", path=PATH, **headers):
        bearer = {"Authorization": f"Bearer {token(name)}"}
        return app.test_client().get(path, headers=GZIP | bearer | headers)

    get()
    return get


def told(answer):
    """All that an answer says, but for what is another each time."""
    once = {"X-Request-ID", "Content-Security-Policy", "Date"}
    kept = {name: value for name, value in answer.headers.items() if name not in once}
    return answer.status_code, kept, answer.data


def test_it_answers_as_the_app_does(ask, count, sql):
    sql("UPDATE tokens SET seen_at = NULL")  # the app has to note that it is used
    by_app, by_lane = [], []
    assert count(lambda: by_app.append(ask())) > 3
    assert count(lambda: by_lane.append(ask())) == 0
    assert told(by_lane[0]) == told(by_app[0])
    policies = [one[0].headers["Content-Security-Policy"] for one in (by_app, by_lane)]
    assert len({policy.partition("'nonce-")[0] for policy in policies}) == 1
    assert len({policy.partition("'nonce-")[2][24:] for policy in policies}) == 1


def test_it_confirms_a_kept_copy(ask, count):
    etag = ask().headers["ETag"]
    found = []
    assert count(lambda: found.append(ask(**{"If-None-Match": etag}))) == 0
    assert (found[0].status_code, found[0].data) == (304, b"")
    assert ask(**{"If-None-Match": f'"other", {etag}'}).status_code == 304
    assert ask(**{"If-None-Match": '"other"'}).status_code == 200


def test_it_knows_versions(ask, push):
    push("alice", [piece("intro", "Second.")], plan="auth", base_version=1)
    first, second = ask(path=f"{PATH}?v=1"), ask(path=f"{PATH}?v=2")
    assert ask().data == second.data != first.data
    assert ask(path=f"{PATH}?v=3").status_code == 404


def test_a_published_plan_is_everybodys_and_a_private_one_is_not(ask, sql):
    assert ask("charlie").status_code == 404
    sql("UPDATE plans SET visibility = 'published'")
    assert [ask("charlie").status_code for _ in range(2)] == [200, 200]
    sql("UPDATE plans SET visibility = 'private'")
    assert ask("charlie").status_code == 404


def test_editors_and_admins_may_have_a_private_one(app, ask):
    assert [ask("ada").status_code for _ in range(2)] == [200, 200]
    invite(app, "auth", "charlie")
    assert [ask("charlie").status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE tokens SET revoked_at = '2020-01-01 00:00:00'", 401),
        ("UPDATE tokens SET expires_at = '2020-01-01 00:00:00'", 401),
        ("UPDATE users SET active = false", 401),
        ("UPDATE tokens SET scopes = '[\"comments:write\"]'", 403),
        ("UPDATE users SET roles = '[]'", 200),  # one's own plan
        ("UPDATE plans SET deleted_at = '2020-01-01 00:00:00'", 404),
        ("UPDATE versions SET purged_at = '2020-01-01 00:00:00'", 410),
    ],
)
def test_what_is_over_is_over_at_once(ask, sql, change, status):
    assert ask().status_code == 200
    sql(change)
    assert ask().status_code == status


def test_noise_is_refused_as_ever(app, ask):
    client = app.test_client()
    for secret in ("", "ppt_", f"ppt_{'x' * 46}", "é" * 50):
        answer = client.get(PATH, headers=GZIP | {"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, code(answer)) == (401, "unauthenticated")


def test_it_leaves_a_line_and_is_counted(app, ask, caplog):
    with caplog.at_level(logging.INFO, "planpush.access"):
        answer = ask()
    line = caplog.records[-1].fields
    assert (line["route"], line["status"]) == ("/api/plans/<slug>/document", 200)
    assert (line["bytes"], line["request_id"]) == (
        len(answer.data),
        answer.headers["X-Request-ID"],
    )


def test_when_the_database_fails_the_app_says_so(ask, monkeypatch):
    def fail(*_):
        raise OperationalError("SELECT", {}, Exception("down"))

    monkeypatch.setattr(Copies, "find", fail)
    assert ask().status_code == 200  # for the app, it is there


def test_only_so_many_bytes_are_kept(ask, monkeypatch):
    before = ask().data
    monkeypatch.setattr(document_bytes, "_MOST", 1)
    assert ask(path=f"{PATH}?v=1").data == ask().data == before
