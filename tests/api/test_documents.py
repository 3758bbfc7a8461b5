"""Documents for programs: sanitized bytes, compressed as they are stored, confirmed by an ETag."""

import gzip
from functools import partial

import pytest

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from planpush.plans import section
from tests.conftest import piece
from tests.people import person


def document(agent, plan, query="", by="bob", **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return agent(by, "GET", f"/api/plans/{plan}/document{query}", headers=sent)


def test_gzip_and_identity_hold_the_same(agent, push, plan, monkeypatch):
    push("alice", [piece("a", "Grüße — 日本語 😀"), piece("b")], plan=plan, base_version=1)
    monkeypatch.setattr(section, "compress", None)  # nothing is compressed to be read
    plain = document(agent, plan, Accept_Encoding="identity")
    packed = document(agent, plan, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Grüße — 日本語 😀" in plain.text and 'data-anchor="a"' in plain.text
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_client_that_does_not_accept_gzip_gets_plain_bytes(agent, plan):
    for accepted in ["", "br", "gzip;q=0", "identity", "gzip;q=0, identity"]:
        answer = document(agent, plan, Accept_Encoding=accepted)
        assert "Content-Encoding" not in answer.headers, accepted
        assert b"Tokens rotate" in answer.data


def test_a_kept_copy_is_confirmed_by_304_even_after_a_comment(agent, plan, browser):
    first = document(agent, plan)
    browser("bob").send("POST", f"/p/{plan}/threads", {"body": "Hm.", "anchor": "intro"})
    assert document(agent, plan).data == first.data
    etag = first.headers["ETag"]
    for held, status in ((etag, 304), (f'"other", {etag}', 304), ('"other"', 200)):
        answer = document(agent, plan, If_None_Match=held)
        assert answer.status_code == status
        assert answer.data == (first.data if status == 200 else b"")
        assert answer.headers["ETag"] == etag
        assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE tokens SET revoked_at = '2020-01-01 00:00:00'", 401),
        ("UPDATE tokens SET expires_at = '2020-01-01 00:00:00'", 401),
        ("UPDATE users SET active = false", 401),
        ("UPDATE tokens SET scopes = '[\"comments:write\"]'", 403),
        ("UPDATE plans SET deleted_at = '2020-01-01 00:00:00'", 404),
        ("UPDATE versions SET purged_at = '2020-01-01 00:00:00'", 410),
    ],
)
def test_what_ends_access_ends_it_at_once(app, plan, sql, change, status):
    with app.app_context():
        token = Token.issue(person("alice"), name="test")
        commit()
    ask = partial(app.test_client().get, f"/api/plans/{plan}/document")
    bearer = {"Authorization": f"Bearer {token}"}
    answer = ask(headers=bearer)
    assert answer.status_code == 200
    sql(change)
    held = {"If-None-Match": answer.headers["ETag"]}
    assert ask(headers=bearer | held).status_code == status
