"""Tokens of clients: rotated, ended with their family, revoked, and never more than allowed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from planpush.accounts.clients import Client
from planpush.accounts.tokens import ACCESS, REFRESH, SCIM, Token, mint
from planpush.database.session import commit, db
from planpush.events.event import Event
from tests.conftest import make_app
from tests.oauth.test_device_codes import refused
from tests.people import person
from tests.terminal import Terminal


@pytest.fixture
def terminal(app, browser):
    """alice's terminal, signed in; it may read and comment."""
    made = Terminal(app)
    made.sign_in(browser("alice"), scope="plans:read comments:write", device_name="laptop")
    return made


def rows(app, *kinds):
    with app.app_context():
        found = db.session.scalars(sa.select(Event).where(Event.kind.in_(kinds)).order_by(Event.id))
        return [(row.kind, row.data.get("error")) for row in found]


def challenge(app, token):
    """What the API answers to a token that is no good."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = app.test_client().get("/api/plans", headers=headers)
    assert answer.status_code == 401
    return answer.headers["WWW-Authenticate"]


def test_36_a_token_that_comes_twice_ends_its_family(app, terminal):
    first = terminal.got
    second = terminal.renew().json
    assert first["refresh_token"] != second["refresh_token"]
    terminal.got = first
    refused(terminal.renew(), "invalid_grant")
    terminal.got = second
    refused(terminal.renew(), "invalid_grant")
    for dead in (first, second):
        assert 'error="invalid_token"' in challenge(app, dead["access_token"])
    kinds = ("token.issued", "token.refreshed", "token.reuse", "token.refused")
    assert rows(app, *kinds) == [
        ("token.issued", None), ("token.refreshed", None), ("token.reuse", None),
        ("token.refused", "invalid_grant"),
    ]  # fmt: skip


def test_36_another_clients_try_does_not_end_a_family(app, terminal):
    terminal.renew()
    with app.app_context():
        db.session.add(Client(client_id="other", name="Other", redirect_uris=[]))
        commit()
    other = Terminal(app, "other")
    other.got = terminal.got
    refused(other.renew(), "invalid_grant")
    refused(other.revoke(terminal.got["refresh_token"]), "invalid_grant")
    assert terminal.use() == 200 and terminal.renew().status_code == 200


def test_36_refresh_narrows_for_one_access_token_and_never_widens(terminal):
    refused(terminal.renew(scope="plans:read plans:write"), "invalid_scope")
    assert terminal.renew(scope="plans:read").json["scope"] == "plans:read"
    assert terminal.renew().json["scope"] == "plans:read comments:write"
    refused(terminal.renew(scope="plans:delete"), "invalid_scope")
    assert terminal.use() == 200


def test_34_every_refusal_of_tokens_is_noted_but_not_patience(app, browser):
    terminal = Terminal(app)
    terminal.ask()
    for _ in range(3):
        terminal.poll()
    assert rows(app, "token.refused") == []
    terminal.allow(browser("alice"), "deny")
    terminal.poll()
    terminal.post("/oauth/token", client_id="nobody", grant_type="refresh_token", refresh_token="x")
    terminal.post("/oauth/token?x=y")
    assert rows(app, "token.refused", "device.denied") == [
        ("device.denied", None), ("token.refused", "access_denied"),
        ("token.refused", "invalid_client"), ("token.refused", "invalid_request"),
    ]  # fmt: skip


def test_38_a_client_revokes_its_own(app, terminal):
    assert terminal.revoke(terminal.got["access_token"]).status_code == 200
    assert terminal.use() == 401
    assert terminal.renew().status_code == 200 and terminal.use() == 200
    assert terminal.revoke(terminal.got["refresh_token"]).status_code == 200
    assert terminal.use() == 401
    refused(terminal.renew(), "invalid_grant")
    assert rows(app, "token.revoked") == [("token.revoked", None)] * 2


def test_38_what_is_unknown_is_revoked_already(app, terminal):
    for token in ("x", "ppr_x", mint(REFRESH), mint(ACCESS), "\0ä", "x" * 100_000, ""):
        answer = terminal.revoke(token)
        assert (answer.status_code, answer.json) == (200, {}), token[:60]
        assert answer.headers["Cache-Control"] == "no-store"
    assert rows(app, "token.revoked", "token.refused") == []


def test_38_tokens_of_people_and_directories_are_not_a_clients(app, terminal):
    with app.app_context():
        personal = Token.issue(person("alice"), name="mine")
        directory = Token.issue_scim(name="directory")
        commit()
    for token in (personal, directory):
        assert terminal.revoke(token).status_code == 200
    assert terminal.use(token=personal) == 200
    with app.app_context():
        assert Token.find(directory, SCIM) is not None


def test_38_the_wrong_kind_opens_nothing(app, terminal):
    metadata = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource"'
    assert challenge(app, "") == f"Bearer {metadata}"
    told = f'Bearer error="invalid_token", {metadata}'
    assert challenge(app, terminal.got["refresh_token"]) == told
    assert challenge(app, terminal.asked["device_code"]) == told
    assert terminal.use("/scim/v2/Users", terminal.got["refresh_token"]) == 401
    assert terminal.use("/scim/v2/Users") == 403
    refused(terminal.post("/oauth/token", grant_type="refresh_token",
                          refresh_token=terminal.got["access_token"]), "invalid_grant")  # fmt: skip


def test_25_signing_out_everywhere_ends_families_and_open_codes(app, terminal, browser):
    waiting = Terminal(app)
    waiting.ask()
    waiting.allow(browser("alice"))
    with app.app_context():
        person("alice").sign_out_everywhere(by=person("ada"))
        commit()
    assert terminal.use() == 401
    refused(terminal.renew(), "invalid_grant")
    refused(waiting.poll(), "invalid_grant")


def test_21_a_role_that_changes_bites_now(app, browser, plan):
    terminal = Terminal(app)
    terminal.sign_in(browser("ada"))
    assert terminal.use(f"/api/plans/{plan}") == 200
    with app.app_context():
        person("bob").grant("admin", by=person("ada"))
        person("ada").grant("qa", by=person("bob"))
        commit()
    assert terminal.use(f"/api/plans/{plan}") == 404


def test_39_a_flood_is_stopped_and_does_not_fill_the_audit_log(
    database_url, tmp_path, app, monkeypatch
):
    monkeypatch.setattr("planpush.web.rate_limits._MOST_ROWS", 3)
    flooded = make_app(database_url, tmp_path / "flooded", rate_limits=True)
    terminal = Terminal(flooded)
    for _ in range(5):
        refused(terminal.post("/oauth/token", grant_type="x"), "unsupported_grant_type")
    assert rows(app, "token.refused") == [("token.refused", "unsupported_grant_type")] * 3
    statuses = [terminal.ask().status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    stopped = terminal.ask()
    refused(stopped, "temporarily_unavailable", 429)
    assert 0 < int(stopped.headers["Retry-After"]) <= 60
    with flooded.app_context():
        db.engine.dispose()
