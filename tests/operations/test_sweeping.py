"""Housekeeping: what has run out is gone, what is alive or tells of reuse stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.clients import Client
from planpush.accounts.device_codes import DeviceCode
from planpush.accounts.grants import Grant
from planpush.accounts.tokens import Token
from planpush.database.session import commit, db, now
from planpush.operations.retention import sweep
from tests.people import Browser
from tests.terminal import Terminal


def swept(app, kind, **values):
    """How many rows of a kind housekeeping leaves once they all have these values."""
    with app.app_context():
        db.session.execute(sa.update(kind).values(values))
        commit()
        sweep()
        commit()
        return db.session.scalar(sa.select(sa.func.count()).select_from(kind))


@pytest.fixture
def terminal(app):
    made = Terminal(app)
    made.sign_in(Browser(app, "alice"))
    return made


def ago(**time):
    return now() - timedelta(**time)


def test_a_code_is_kept_while_it_can_tell_something(app):
    Terminal(app).ask()
    assert swept(app, DeviceCode, expires_at=ago(minutes=50)) == 1
    assert swept(app, DeviceCode, expires_at=ago(minutes=70)) == 0


def test_a_used_refresh_token_is_kept_until_it_would_have_ended(app, terminal):
    first = dict(terminal.got)
    assert terminal.renew().status_code == 200
    assert swept(app, Token, name="renamed") == 4
    assert swept(app, Grant, created_at=ago(days=300)) == 1
    assert swept(app, Token, expires_at=ago(hours=20)) == 4
    assert terminal.use(token=first["access_token"]) == 401


def test_a_family_goes_with_its_last_token(app, terminal):
    assert swept(app, Token, expires_at=ago(hours=30)) == 0
    assert swept(app, Grant, created_at=ago(hours=20)) == 1
    assert swept(app, Grant, created_at=ago(hours=30)) == 0


def test_a_client_that_nobody_allowed_is_forgotten(app, terminal):
    with app.app_context():
        used, _unused = (Client.register(name, ["http://127.0.0.1/cb"]) for name in ("a", "b"))
        db.session.execute(sa.update(Grant).values(client_id=used.client_id))
        commit()
    assert swept(app, Client, created_at=ago(days=1)) == 2
    assert swept(app, Client, created_at=ago(days=3)) == 1
