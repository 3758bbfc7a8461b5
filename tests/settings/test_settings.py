"""Settings: encrypted at rest, readable while keys rotate, in force everywhere at once."""

import logging

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db
from planpush.errors import Forbidden, Invalid
from planpush.events.event import Event
from planpush.operations.retention import sweep
from planpush.settings.store import Setting, settings, shown
from tests.people import person

OLD, NEW = "k" * 40, "n" * 40
SECRET = "a-client-secret-that-nobody-may-read"


def change(app, **given):
    with app.app_context():
        Setting.change(given, by=person("ada"))
        commit()


def read(app, name):
    with app.app_context():
        return getattr(settings(), name)


def sealed(app, name):
    with app.app_context():
        return db.session.get(Setting, name).sealed


def test_39_a_secret_is_ciphertext_and_masked(database, dump):
    Setting.change({"github_client_secret": SECRET}, by=person("ada"))
    commit()
    assert settings().github_client_secret == SECRET
    assert SECRET not in dump()
    assert shown("github_client_secret") == "••••••••" and shown("okta_client_secret") == ""
    row = database.scalars(sa.select(Event).where(Event.kind == "setting.changed")).one()
    assert (row.target, row.data) == ("github_client_secret", {"value": "(secret)"})


def test_39_key_rotation_keeps_secrets_readable_and_lets_the_old_key_retire(app, another):
    change(app, okta_client_secret=SECRET)
    both = another(secret_keys=(NEW, OLD))
    assert read(both, "okta_client_secret") == SECRET
    before = sealed(app, "okta_client_secret")
    with both.app_context():
        sweep()
        commit()
    after = sealed(app, "okta_client_secret")
    assert after != before
    assert read(another(secret_keys=(NEW,)), "okta_client_secret") == SECRET
    with both.app_context():
        sweep()  # sealed with the newest already: nothing to do
        commit()
    assert sealed(app, "okta_client_secret") == after


def test_39_a_value_that_no_key_opens_is_left_out_and_logged(app, another, caplog):
    change(app, okta_client_secret=SECRET, session_idle="120")
    lost = another(secret_keys=(NEW,))
    with caplog.at_level(logging.ERROR):
        assert read(lost, "okta_client_secret") == "" and read(lost, "session_idle") == 8 * 3600
        assert lost.test_client().get("/sign-in").status_code == 200
    assert "okta_client_secret cannot be decrypted" in caplog.text and SECRET not in caplog.text


def test_a_change_is_in_force_in_every_process_from_the_next_request_on(app, another):
    there = another()
    assert read(there, "session_idle") == 8 * 3600
    for seconds in (600, 60, 6000):
        change(app, session_idle=str(seconds))
        assert read(there, "session_idle") == read(app, "session_idle") == seconds
    change(there, session_idle="")  # back to the default
    assert read(app, "session_idle") == 8 * 3600


def test_the_environment_wins_and_cannot_be_changed_here(app, another):
    change(app, default_role="qa")
    fixed = another(default_role="developer")
    assert read(fixed, "default_role") == "developer"
    with fixed.app_context(), pytest.raises(Invalid, match="DEFAULT_ROLE"):
        Setting.change({"default_role": "qa"}, by=person("ada"))


@pytest.mark.parametrize("name", ["alice", "bob", "pam"])
def test_only_an_admin_changes_settings(database, name):
    with pytest.raises(Forbidden):
        Setting.change({"session_idle": "600"}, by=person(name))
