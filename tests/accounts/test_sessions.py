"""Sessions and links: hashed, limited in time, used once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.sessions import BrowserSession, SignInLink
from planpush.accounts.tokens import Token
from planpush.database.session import commit, now
from tests.people import person

IDLE, MAX_AGE = 8 * 3600, 7 * 24 * 3600


@pytest.fixture
def secret(database):
    """The secret of a session of alice's."""
    made = BrowserSession.start(person("alice"), provider="local", address="::1", agent="x" * 900)
    commit()
    return made


@pytest.fixture
def session(database, secret):
    """Its row."""
    return database.scalars(sa.select(BrowserSession)).one()


def find(secret):
    return BrowserSession.find(secret)


def test_3_no_secret_is_in_the_database(database, secret, dump):
    link, token = SignInLink.issue(person("alice")), Token.issue(person("alice"), name="t")
    scim = Token.issue_scim(name="directory")
    commit()
    whole = dump()
    assert not [made for made in (secret, link, token, scim) if made in whole]


def test_a_session_is_found_by_its_secret_only(secret, session):
    assert find(secret).user.name == "Alice"
    for other in ("", secret[:-1], secret + "x", session.token_hash, "\0"):
        assert find(other) is None


@pytest.mark.parametrize(
    ("seen", "created", "alive"),
    [
        (IDLE - 60, IDLE, True),
        (IDLE + 1, IDLE + 1, False),
        (0, MAX_AGE - 60, True),
        (0, MAX_AGE + 1, False),
        (IDLE - 60, MAX_AGE + 1, False),
    ],
)
def test_6_idle_and_absolute_limits(secret, session, seen, created, alive):
    session.seen_at = now() - timedelta(seconds=seen)
    session.created_at = now() - timedelta(seconds=created)
    commit()
    assert (find(secret) is not None) is alive


def test_6_activity_extends_idle_never_absolute(database, secret, session):
    created = session.created_at
    session.seen_at = now() - timedelta(seconds=IDLE - 60)
    assert session.needs_touch
    BrowserSession.touch(session.id)
    commit()
    database.refresh(session)
    assert not session.needs_touch and session.created_at == created


def test_a_link_dies_after_a_quarter_of_an_hour(database):
    link = SignInLink.issue(person("alice"))
    row = database.scalars(sa.select(SignInLink)).one()
    assert timedelta(minutes=14) < row.expires_at - now() <= timedelta(minutes=15)
    row.expires_at = now() - timedelta(seconds=1)
    commit()
    assert SignInLink.redeem(link) is None


def test_of_many_who_use_a_link_at_once_one_gets_in(app):
    with app.app_context():
        link = SignInLink.issue(person("alice"))
        commit()

    def sign_in(_number):
        return app.test_client().get(f"/sign-in/local?token={link}").status_code

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(sign_in, range(16)))
    assert answers == [302] + [403] * 15
