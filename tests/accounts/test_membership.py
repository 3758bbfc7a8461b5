"""Memberships: who is asked about again, how often, by one worker at a time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.identity import Identity
from planpush.accounts.membership import EVERY, claim_due, end
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.database.encryption import seal, unseal
from planpush.database.session import commit, db, now
from planpush.events.event import Event
from tests.conftest import at_once, make_app
from tests.people import person

HUB = "https://github.example.com"


@pytest.fixture
def app(app, database_url, tmp_path):
    """The same cast, on a server that GitHub signs people in to."""
    told = {"github_client_id": "c", "github_client_secret": "s", "github_org": "acme"}
    made = make_app(database_url, tmp_path, github_url=HUB, **told)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def member(name="bob", *, waits=EVERY + timedelta(seconds=1), session=True, **changes):
    """Somebody who came by GitHub, last asked about a while ago."""
    told = {"provider": "github", "issuer": HUB, "subject": name, "login": name}
    told |= {"user_id": person(name).id, "sealed_token": seal(f"gho_{name}")}
    made = Identity(**(told | {"checked_at": now() - waits} | changes))
    db.session.add(made)
    if session:
        BrowserSession.start(person(name), provider="github")
    commit()
    return made.id


def claimed(most=10):
    found = claim_due(most)
    commit()
    return found


def test_who_is_in_is_due_after_a_while(database):
    member()
    (one,) = claimed()
    assert (one.login, one.subject, one.token) == ("bob", "bob", "gho_bob")
    assert claimed() == []


OTHERS = [
    {"waits": EVERY - timedelta(seconds=20)},
    {"session": False},
    {"provider": "okta"},
    {"issuer": "https://elsewhere.example.com"},
    {"sealed_token": ""},
    {"sealed_token": "unreadable"},
]


def test_nobody_else_is(database):
    names = ("alice", "bob", "charlie", "ada", "pam", "pam")
    for number, (name, changes) in enumerate(zip(names, OTHERS, strict=True)):
        member(name, subject=str(number), **changes)
    assert claimed() == []


def test_a_token_alone_keeps_somebody_due_until_it_is_revoked(database):
    member(session=False)
    Token.issue(person("bob"), name="cli")
    commit()
    assert len(claimed()) == 1
    Token.revoke_all(person("bob"))
    database.execute(sa.update(Identity).values(checked_at=now() - 2 * EVERY))
    assert claimed() == []


def test_a_no_ends_sessions_and_tokens_once_and_is_recorded(database):
    member()
    Token.issue(person("bob"), name="cli")
    (one,) = claimed()
    assert end(one) is True
    commit()
    assert BrowserSession.of(person("bob")) == Token.of(person("bob")) == []
    (event,) = database.scalars(sa.select(Event).where(Event.kind == "sessions.revoked"))
    assert event.actor_id is None and event.target == "bob@example.com"
    assert event.data == {"sessions": 1, "tokens": 1, "reason": "not_a_member"}
    assert person("bob").active
    assert database.scalar(sa.select(Identity.sealed_token)) == ""


def test_a_no_that_is_older_than_a_new_sign_in_ends_nothing(database):
    member()
    (one,) = claimed()
    database.execute(sa.update(Identity).values(sealed_token=seal("gho_new")))
    assert end(one) is False
    assert len(BrowserSession.of(person("bob"))) == 1


def test_many_workers_never_ask_about_the_same_person(app, database):
    for name in ("alice", "bob", "charlie", "pam", "ada"):
        member(name)
    database.remove()

    def claim(_):
        with app.app_context():
            return [one.id for one in claimed(2)]

    found = [one for some in at_once(6, claim) for one in some]
    assert len(found) == len(set(found)) == 5


def test_a_rotated_key_is_taken_over(database, database_url, tmp_path):
    member()
    database.remove()
    keys = ("n" * 40, "k" * 40)
    told = {"github_client_id": "c", "github_client_secret": "s", "github_org": "acme"}
    newer = make_app(database_url, tmp_path, secret_keys=keys, github_url=HUB, **told)
    with newer.app_context():
        (one,) = claimed()
        assert one.token == "gho_bob" == unseal(one.sealed)
        stored = db.session.scalar(sa.select(Identity.sealed_token))
        assert stored == one.sealed
        db.session.remove()
        db.engine.dispose()
