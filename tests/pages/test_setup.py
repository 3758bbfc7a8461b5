"""The first run: a link that the server prints makes the first admin, once."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from planpush.accounts.sessions import SignInLink
from planpush.accounts.user import User
from planpush.database.session import commit, db
from planpush.events.event import Event
from tests.conftest import at_once, make_app
from tests.signin.test_links import sql_time

WHO = {"name": "Root Person", "email": "root@example.com"}


@pytest.fixture
def empty(database_url, tmp_path):
    """A server without any user, where local sign-in is switched off."""
    made = make_app(database_url, tmp_path, auth_providers=("github",))
    yield made
    with made.app_context():
        db.engine.dispose()


def printed(app):
    """The secret that a start of the server prints."""
    with app.app_context():
        secret = SignInLink.first_run()
        commit()
    return secret


def opened(app, secret):
    return app.test_client().get("/sign-in/local", query_string={"token": secret})


def sent(app, secret, client=None, **changes):
    form = WHO | {"token": secret} | changes
    return (client or app.test_client()).post("/setup", data=form)


def people(app):
    with app.app_context():
        return [(user.email, user.roles) for user in db.session.scalars(sa.select(User))]


def run(app, statement, **values):
    with app.app_context():
        db.session.execute(text(statement), values)
        db.session.commit()


def test_40_the_link_makes_the_first_admin_and_signs_them_in(empty):
    secret, client = printed(empty), empty.test_client()
    page = client.get(f"/sign-in/local?token={secret}")
    assert page.status_code == 200 and 'action="/setup"' in page.text
    assert re.search(r'name="token" value="([^"]+)"', page.text)[1] == secret
    answer = sent(empty, secret, client)
    assert (answer.status_code, answer.location) == (303, "/setup")
    assert people(empty) == [("root@example.com", ["admin"])]
    left = client.get("/setup")
    assert left.status_code == 200 and 'href="/admin/settings#pp-group-github"' in left.text
    assert "Root Person" in client.get("/dashboard").text


def test_40_wrong_used_and_expired_get_the_same_answer(empty):
    expired = printed(empty)
    run(empty, "UPDATE sign_in_links SET expires_at = :at", at=sql_time(seconds=1))
    answers = [opened(empty, expired), sent(empty, expired), opened(empty, "wrong")]
    used = printed(empty)
    sent(empty, used)
    answers += [opened(empty, used), sent(empty, used), sent(empty, ""), sent(empty, "wrong")]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_40_the_link_dies_once_an_admin_exists(empty):
    secret = printed(empty)
    with empty.app_context():
        User.add("dev@example.com", name="Dev", roles=["developer"])
        commit()
    assert opened(empty, secret).status_code == 200
    with empty.app_context():
        User.add("ada@example.com", name="Ada", roles=["admin"])
        commit()
    assert opened(empty, secret).status_code == sent(empty, secret).status_code == 403


def test_40_every_start_makes_a_fresh_link_and_voids_the_one_before(empty):
    first, second = printed(empty), printed(empty)
    assert opened(empty, first).status_code == 403
    assert sent(empty, second).status_code == 303


def test_40_once_there_is_anybody_no_link_is_made_and_the_last_is_void(empty):
    secret = printed(empty)
    with empty.app_context():
        User.add("dev@example.com", name="Dev", roles=["developer"])
        commit()
    assert printed(empty) is None
    assert opened(empty, secret).status_code == 403
    assert people(empty) == [("dev@example.com", ["developer"])]


def test_40_of_many_at_once_one_becomes_admin(empty):
    secret = printed(empty)
    answers = at_once(
        8, lambda number: sent(empty, secret, email=f"{number}@example.com").status_code
    )
    assert sorted(answers) == [303] + [403] * 7
    assert len(people(empty)) == 1


def test_40_a_wrong_address_is_named_and_the_link_still_works(empty):
    secret = printed(empty)
    for email in ("", "nobody", "@", "a b@c.d", "x\x00@y.z", "y" * 300 + "@z"):
        answer = sent(empty, secret, email=email, name="<Kept>")
        assert answer.status_code == 422 and "no e-mail address" in answer.text
        assert 'value="&lt;Kept&gt;"' in answer.text and people(empty) == []
    assert sent(empty, secret, name="").status_code == 303


def test_40_the_secret_is_neither_stored_nor_recorded(empty):
    secret = printed(empty)
    sent(empty, secret)
    with empty.app_context():
        tables = [db.session.execute(sa.select(one)).all() for one in db.metadata.sorted_tables]
        kinds = list(db.session.scalars(sa.select(Event.kind).order_by(Event.id)))
    assert secret not in repr(tables)
    assert kinds == ["sign_in_link.issued", "user.added", "session.started"]


@pytest.mark.parametrize("name", ["alice", "pam"])
def test_what_is_left_is_for_admins(browser, name):
    assert browser("ada").get("/setup").status_code == 200
    somebody = browser(name)
    hidden, absent = somebody.get("/setup"), somebody.get("/nope")
    assert hidden.status_code == 404 and hidden.text == absent.text


def test_40_no_default_credential_works(empty):
    printed(empty)
    for token in ("", "admin", "setup", "0", "None"):
        assert opened(empty, token).status_code == 403
    assert empty.test_client().get("/dashboard").status_code == 302
