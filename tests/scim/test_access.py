"""Who may speak SCIM, and what a deactivation ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from planpush.accounts.identity import Identity, Profile, Refused
from planpush.accounts.sessions import SignInLink
from planpush.accounts.tokens import Token, mint, well_formed
from planpush.database.session import commit, db
from planpush.events.event import Event
from planpush.live.hub import Follower, Hub
from planpush.live.subscriptions import Onlooker, with_subjects
from planpush.live.watcher import happenings
from planpush.paths import ROOT
from tests.people import CAST, Browser, person
from tests.scim.conftest import op, problem

FORMS = [
    ("PATCH", op("replace", None, {"active": False})),
    ("PATCH", op("Replace", "active", "False")),
    ("PATCH", op("replace", "active", False)),
    ("PUT", {"active": False}),
]


def deactivate(directory, form, name="alice"):
    path, (method, change) = f"/Users/{directory.id_of(name)}", form
    if method == "PATCH":
        return directory.patch(path, change)
    return directory.call("PUT", path, directory.get(path).json | change)


@pytest.fixture
def ways_in(app):
    """Alice's two browsers and two tokens, asked in turn: what they are answered."""
    browsers = [Browser(app, "alice"), Browser(app, "alice")]
    with app.app_context():
        tokens = [Token.issue(person("alice"), name=f"cli {number}") for number in range(2)]
        commit()

    def ask():
        pages = [one.get("/dashboard").status_code for one in browsers]
        headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
        calls = [app.test_client().get("/api/plans", headers=one).status_code for one in headers]
        return pages + calls

    return ask


@pytest.mark.parametrize("form", FORMS)
def test_30_who_is_deactivated_is_out_on_the_next_request(app, directory, ways_in, form):
    assert ways_in() == [200, 200, 200, 200]
    assert deactivate(directory, form).status_code in (200, 204)
    assert ways_in() == [302, 302, 401, 401]
    path = f"/Users/{directory.id_of('alice')}"
    assert directory.get(path).json["active"] is False
    directory.patch(path, op("Replace", "active", "True"))
    assert ways_in() == [302, 302, 401, 401]  # what was ended stays ended
    assert Browser(app, "alice").get("/dashboard").status_code == 200


def test_30_the_open_stream_of_who_was_renamed_and_deactivated_ends(app, directory):
    with app.app_context():
        followers = [Follower(0, 0, 0, 0, Onlooker.of(person(name)), True) for name in CAST]
        since = Event.newest_of_all()
    path = f"/Users/{directory.id_of('alice')}"
    directory.patch(path, op("replace", "userName", "alice.new@example.com"))
    directory.patch(path, op("replace", "active", False))
    with app.app_context():
        hub, columns = Hub(app), (Event.id, Event.kind, Event.plan_id, Event.actor_id, Event.target)
        hub.followers[0] |= set(followers)
        query = sa.select(*columns).where(Event.id > since).order_by(Event.id)
        hub.told(with_subjects(happenings(db.session.execute(query))))
    assert [one.who.email for one in followers if one.over] == ["alice@example.com"]


def test_30_who_is_deactivated_cannot_sign_in(app, directory):
    with app.app_context():
        alice = person("alice")
        profile = Profile("okta", "https://okta.test", "00u1", "alice", "Alice", alice.email, True)
        Identity.connect(profile, to=alice)
        link = SignInLink.issue(alice)
        commit()
    deactivate(directory, FORMS[0])
    answer = app.test_client().get(f"/sign-in/local?token={link}")
    assert answer.status_code >= 400 and "Set-Cookie" not in answer.headers, answer.headers
    with app.app_context():
        assert SignInLink.redeem(SignInLink.issue(person("alice"))) is None
        with pytest.raises(Refused, match="deactivated"):
            Identity.arrive(profile)


def test_30_the_audit_log_tells_who_shut_somebody_out(app, directory):
    deactivate(directory, FORMS[0])
    with app.app_context():
        kinds = db.session.scalars(sa.select(Event.kind).order_by(Event.id.desc()).limit(3)).all()
        told = db.session.scalars(sa.select(Event).where(Event.kind == "user.deactivated")).one()
        assert sorted(kinds) == ["scim.user.changed", "sessions.revoked", "user.deactivated"]
        assert told.data == {"via": "scim", "token": "Okta"} and told.target == "alice@example.com"


def asked(directory, authorization, path="/scim/v2/Users"):
    headers = {"Authorization": authorization} if authorization else {}
    return directory.app.test_client().get(path, headers=headers)


def test_31_without_a_token_it_is_401(directory):
    unknown = mint("pps")
    for given in (None, "Bearer bad", "non-token", "Basic YTpi", "Bearer", f"Bearer {unknown}"):
        for path in ("/scim/v2/Users", "/scim/v2/ServiceProviderConfig", "/scim/v2/Nothing"):
            answer = asked(directory, given, path)
            assert (answer.status_code, problem(answer)) == (401, ""), given
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_31_a_bare_an_expired_and_a_revoked_token_are_401(app, directory):
    assert asked(directory, directory.token).status_code == 401
    assert asked(directory, f"bearer {directory.token}").status_code == 200
    with app.app_context():
        over = Token.issue_scim(name="Old", days=1)
        commit()
        db.session.execute(sa.text("UPDATE tokens SET expires_at = created_at"))
        commit()
        assert [one.name for one in Token.directories()] == ["Old", "Okta"]
    assert asked(directory, f"Bearer {over}").status_code == 401
    with app.app_context():
        for one in Token.directories():
            one.revoke(by=person("ada"))
        commit()
        assert Token.directories() == []
    answer = directory.get("/Users")
    assert (answer.status_code, problem(answer)) == (401, "")


def test_31_the_wrong_kind_of_token_is_403_and_an_admins_cookie_does_not_count(
    app, directory, browser
):
    with app.app_context():
        personal = Token.issue(person("ada"), name="cli")
        commit()
    answer = asked(directory, f"Bearer {personal}")
    assert (answer.status_code, problem(answer)) == (403, "")
    answer = asked(directory, f"Bearer {directory.token}", "/api/plans")
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert asked(directory, f"Bearer {directory.token}", "/dashboard").status_code == 302
    ada = browser("ada")
    assert ada.get("/scim/v2/Users").status_code == 401
    assert ada.send("POST", "/scim/v2/Users", {}).status_code == 401


def test_3_a_scim_token_is_stored_as_a_hash(app, directory):
    with app.app_context():
        row = Token.directories()[0]
        assert directory.token not in str(vars(row)) and row.user_id is None
        assert directory.token.startswith(row.prefix) and len(row.prefix) == 8


@pytest.mark.long
def test_31_the_command_line_makes_a_token_and_shows_it_once(app, database_url, tmp_path):
    given = {
        "SECRET_KEY": "k" * 40,
        "BASE_URL": "http://localhost",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path),
    }
    words = ["scim-token", "create", "--name", "Entra", "--days", "30"]
    command = [sys.executable, "-m", "planpush", *words]
    done = subprocess.run(command, env=dict(os.environ) | given, cwd=ROOT, stdout=subprocess.PIPE)
    made = done.stdout.decode().strip()
    assert done.returncode == 0 and well_formed(made)
    headers = {"Authorization": f"Bearer {made}"}
    assert app.test_client().get("/scim/v2/Users", headers=headers).status_code == 200
    with app.app_context():
        issued = db.session.scalars(sa.select(Event).where(Event.kind == "token.issued")).one()
        assert issued.target == Token.directories()[0].name == "Entra"
        assert made not in str(issued.data)
