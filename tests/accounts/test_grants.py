"""Families of tokens: how long they last, who ends them, and what the audit log says."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from planpush.accounts.grants import ACCESS_LIFETIME, LONGEST, REFRESH_LIFETIME, Grant
from planpush.accounts.tokens import ACCESS, REFRESH, Token, mint
from planpush.accounts.user import User
from planpush.database.session import commit, db, now
from planpush.events.event import Event
from tests.conftest import at_once
from tests.people import Browser, person
from tests.terminal import Terminal

HOUR = int(ACCESS_LIFETIME.total_seconds())


@pytest.fixture
def family(app):
    """alice's terminal, in an app context; whoever ends it commits."""
    with app.app_context():
        made = Grant.start(
            person("alice"), client_id="planpush-cli", client_name="planpush",
            scopes=["plans:write", "plans:read"], device="laptop", address="10.2.8.7",
        )  # fmt: skip
        pair(made)
        commit()
        yield made


def pair(family, scopes=("plans:read",)):
    """A new pair of tokens, and the seconds that its access token lasts."""
    access, refresh = mint(ACCESS), mint(REFRESH)
    return access, refresh, family.hold(access, refresh, scopes)


def rows(kind):
    return db.session.scalars(sa.select(Event).where(Event.kind == kind)).all()


def test_a_family_lasts_a_year_its_tokens_an_hour_and_ninety_days(family):
    access, refresh, seconds = pair(family)
    assert seconds == HOUR
    lasts = [Token.stored(one).expires_at - now() for one in (access, refresh)]
    assert ACCESS_LIFETIME - lasts[0] < timedelta(minutes=1)
    assert REFRESH_LIFETIME - lasts[1] < timedelta(minutes=1)
    assert LONGEST - (family.ends_at - now()) < timedelta(minutes=1)


def test_36_nothing_outlasts_the_absolute_end(family):
    family.ends_at = now() + timedelta(minutes=10)
    access, refresh, seconds = pair(family)
    assert 0 < seconds <= 600
    assert Token.stored(access).expires_at == Token.stored(refresh).expires_at == family.ends_at


def test_36_a_refresh_token_keeps_the_scopes_that_an_access_token_gives_up(family):
    access, refresh, _ = pair(family, ["plans:read"])
    assert Token.stored(access).scopes == ["plans:read"]
    assert Token.stored(refresh).scopes == ["plans:read", "plans:write"]


def test_36_a_refresh_token_renews_once(family):
    _, refresh, _ = pair(family)
    token = Token.stored(refresh)
    assert Grant.renew(token) is family
    assert Grant.renew(token) is None
    assert len(rows("token.refreshed")) == 1


def test_36_reuse_is_told_once_and_ends_all(family):
    _, refresh, _ = pair(family)
    assert Grant.reused(family.id) is True
    assert Grant.reused(family.id) is False
    assert Token.find(refresh, REFRESH) is None and Grant.of(person("alice")) == []
    (row,) = rows("token.reuse")
    assert row.actor_id == family.user_id and row.target == "planpush on laptop"
    assert row.data == {"grant": family.id, "tokens": 4, "client": "planpush-cli"}
    assert Grant.reused(10**8) is False


def test_30_who_is_shut_out_starts_and_renews_nothing(family):
    _, refresh, _ = pair(family)
    person("alice").deactivate(by=None)
    assert Token.find(refresh, REFRESH) is None
    assert Grant.renew(Token.stored(refresh)) is None
    told = {"client_id": "planpush-cli", "client_name": "planpush", "scopes": ["plans:read"]}
    assert Grant.start(person("alice"), **told) is None
    person("alice").reactivate(by=None)
    assert Token.find(refresh, REFRESH) is None


@pytest.mark.parametrize("out", [User.deactivate, User.sign_out_everywhere])
def test_30_nothing_outlives_a_person_who_is_shut_out_meanwhile(app, out):
    def shut_out(name="bob"):
        with app.app_context():
            out(person(name), by=None)
            commit()

    for _ in range(4):
        bob, terminals = Browser(app, "bob"), [Terminal(app) for _ in range(3)]
        renewing, fetching, asking = terminals
        renewing.sign_in(bob)
        for one in (fetching, asking):
            one.ask()
        fetching.allow(bob)
        acts = (shut_out, renewing.renew, fetching.poll, partial(asking.allow, bob))
        answers = at_once(4, lambda number, acts=acts: acts[number]())
        assert max(answer.status_code for answer in answers if answer) < 500
        assert {one.poll().json["error"] for one in (fetching, asking)} <= {
            "invalid_grant", "authorization_pending", "slow_down",
        }  # fmt: skip
        assert {one.use() for one in terminals if one.got} == {401}
        with app.app_context():
            person("bob").reactivate(by=None)
            commit()
