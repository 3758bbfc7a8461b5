"""Every success and failure around signing in is one row: who, what, to whom, when, from where."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.sessions import hashed
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.database.session import db, now
from planpush.events.event import Event
from tests.people import person
from tests.signin.test_links import link

ROLE, TOKENS = "/admin/members/{}", "/settings/tokens"


@pytest.fixture
def recorded(app):
    """What was recorded since the last call, as (kind, who, to whom); each row is looked at."""
    seen = {"id": 0}

    def read():
        with app.app_context():
            query = sa.select(Event).where(Event.id > seen["id"]).order_by(Event.id)
            rows = db.session.scalars(query).all()
            known = seen["id"]
            seen["id"] = max([seen["id"], *(row.id for row in rows)])
            for row in rows if known else ():  # the cast may be made long before
                assert (
                    now() - timedelta(minutes=5) < row.at <= now()
                    and row.at.utcoffset() is not None
                )
            return [(row.kind, name_of(row), row.target.split("@")[0]) for row in rows], rows

    return read


def name_of(row):
    found = db.session.get(User, row.actor_id) if row.actor_id else None
    return found.email.split("@")[0] if found else None


def number_of(app, name):
    with app.app_context():
        return person(name).id


def alone(recorded, kind, who, target=None):
    """One row, from this machine, with the id that the answer's log line has."""
    told, [row] = recorded()
    assert told[0][:2] == (kind, who)
    assert target is None or told[0][2] == target
    assert row.address == "127.0.0.1" and re.fullmatch("[0-9a-f]{12}", row.request_id)
    return row


def test_39_signing_in_and_out(app, browser, recorded):
    recorded()
    app.test_client().get(f"/sign-in/local?token={link(app)}")
    alone(recorded, "session.started", "alice")
    alice = browser("alice")
    recorded()
    alice.send("POST", "/sign-out", htmx=False)
    alone(recorded, "session.ended", "alice")
    alice.send("POST", "/sign-out", htmx=False)
    assert recorded() == ([], [])


@pytest.mark.parametrize("token", ["wrong", "", "used"])
def test_39_a_link_that_does_not_work(app, recorded, token):
    if token == "used":
        token = link(app)
        app.test_client().get(f"/sign-in/local?token={token}")
    recorded()
    app.test_client().get(f"/sign-in/local?token={token}")
    row = alone(recorded, "sign_in.failed", None)
    assert row.data["provider"] == "local" and (not token or token not in repr(row.data))


def test_39_a_role(app, browser, recorded):
    ada, bob = browser("ada"), number_of(app, "bob")
    recorded()
    answer = ada.send("PATCH", ROLE.format(bob), {"role": "project_manager"}, htmx=False)
    assert answer.status_code == 303
    row = alone(recorded, "role.changed", "ada", "bob")
    assert row.data == {"before": ["qa"], "after": ["project_manager"]}


@pytest.mark.parametrize(
    ("whose", "role", "status"), [("bob", "emperor", 422), ("ada", "developer", 409)]
)
def test_39_a_role_that_is_refused(app, browser, recorded, whose, role, status):
    ada, number = browser("ada"), number_of(app, whose)
    recorded()
    answer = ada.send("PATCH", ROLE.format(number), {"role": role}, htmx=False)
    assert answer.status_code == status
    alone(recorded, "role.change_failed", "ada", whose)


def test_39_a_token(app, browser, recorded):
    alice = browser("alice")
    recorded()
    form = {"name": "laptop", "scope": "plans:read", "days": "30"}
    made = alice.send("POST", TOKENS, form, htmx=False)
    secret = re.search(r"ppt_\w{46}", made.text)[0]
    row = alone(recorded, "token.issued", "alice")
    assert row.data["name"] == "laptop" and secret not in repr(row.data)
    with app.app_context():
        query = sa.select(Token.id).where(Token.token_hash == hashed(secret))
        number = db.session.scalar(query)
    alice.send("DELETE", f"{TOKENS}/{number}", htmx=False)
    alone(recorded, "token.revoked", "alice")
