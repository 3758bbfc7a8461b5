"""People: their roles in force, the last admin, and being out at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from planpush.accounts.groups import GroupRole, joined, left
from planpush.accounts.identity import Identity, Profile, Refused
from planpush.accounts.sessions import BrowserSession, SignInLink
from planpush.accounts.tokens import PERSONAL, Token
from planpush.accounts.user import User
from planpush.database.session import commit, db
from planpush.errors import Conflict, Forbidden, Invalid
from planpush.events.event import Event
from tests.conftest import ON_POSTGRES, at_once
from tests.people import person


def events(database, kind):
    return list(database.scalars(sa.select(Event).where(Event.kind == kind).order_by(Event.id)))


def test_21_the_map_bites_on_everybody_at_once(database):
    alice, ada = person("alice"), person("ada")
    joined(alice, "leads")
    GroupRole.put("leads", "project_manager", by=ada)
    assert alice.sees_everything
    GroupRole.drop("leads", by=ada)
    assert not alice.sees_everything
    changed = events(database, "role.changed")
    assert [row.data["after"] for row in changed] == [["developer", "project_manager"],
                                                      ["developer"]]  # fmt: skip
    assert {(row.actor_id, row.target) for row in changed} == {(ada.id, "alice@example.com")}


def test_a_grant_is_exactly_that_role(database):
    alice, ada = person("alice"), person("ada")
    alice.grant("qa", by=ada)
    assert alice.roles == ["qa"]
    with pytest.raises(Forbidden):
        alice.grant("admin", by=alice)
    with pytest.raises(Invalid):
        alice.grant("owner", by=ada)


def test_32_the_last_active_admin_stays_admin_and_active(database):
    ada = person("ada")
    for act in (lambda: ada.grant("qa", by=ada), lambda: ada.deactivate(by=ada)):
        with pytest.raises(Conflict) as caught:
            act()
        assert (caught.value.status, caught.value.code) == (409, "last_admin")
        database.rollback()
    assert ada.roles == ["admin"] and ada.active


def test_32_an_admin_by_group_is_the_last_one_too(database):
    ada, alice = person("ada"), person("alice")
    GroupRole.put("roots", "admin", by=ada)
    joined(alice, "roots")
    ada.grant("developer", by=alice)
    commit()
    with pytest.raises(Conflict):
        GroupRole.drop("roots", by=alice)
    database.rollback()
    alice.group_names = []
    alice.settle(by=None, keep_last=True)  # a sign-in without the group goes on
    assert "admin" in alice.roles


def test_32_a_deactivated_admin_does_not_count(database):
    ada, alice = person("ada"), person("alice")
    alice.grant("admin", by=ada)
    alice.deactivate(by=ada)
    with pytest.raises(Conflict):
        ada.grant("qa", by=ada)


def test_32_two_admins_who_demote_each_other_at_once_leave_one(app):
    with app.app_context():
        person("alice").grant("admin", by=person("ada"))
        commit()

    def demote(number):
        by, whom = (("ada", "alice"), ("alice", "ada"))[number]
        with app.app_context():
            return refused(lambda: person(whom).grant("qa", by=person(by)))

    answers = at_once(2, demote)
    with app.app_context():
        admins = [user for user in db.session.scalars(User.people()) if "admin" in user.roles]
    assert len(admins) == 1 and sorted(answers) == [False, True]


def refused(act):
    """Whether an act is refused; what is allowed is committed."""
    try:
        act()
    except (Conflict, Forbidden):
        db.session.rollback()
        return True
    commit()
    return False


def test_30_deactivation_ends_sessions_tokens_and_links(database):
    alice = person("alice")
    secrets = [BrowserSession.start(alice, provider="local") for _ in range(2)]
    token, link = Token.issue(alice, name="t"), SignInLink.issue(alice)
    alice.deactivate(by=person("ada"))
    alice.deactivate(by=person("ada"))  # nothing more happens
    commit()
    alice.reactivate(by=person("ada"))
    commit()
    assert [BrowserSession.find(one) for one in secrets] == [None, None]
    assert Token.find(token, PERSONAL) is None and SignInLink.redeem(link) is None
    assert [row.data for row in events(database, "sessions.revoked")] == [
        {"sessions": 2, "tokens": 1}
    ]
    assert len(events(database, "user.deactivated")) == 1
    assert len(events(database, "user.reactivated")) == 1


def test_signing_out_everywhere_touches_nobody_else(database):
    alice, bob = person("alice"), person("bob")
    mine, theirs = (BrowserSession.start(one, provider="local") for one in (alice, bob))
    token = Token.issue(bob, name="t")
    alice.sign_out_everywhere(by=person("ada"), reason="asked")
    commit()
    assert BrowserSession.find(mine) is None
    assert BrowserSession.find(theirs) and Token.find(token, PERSONAL)


def overtaken(app, action):
    """Let somebody else change bob while `action` has read him and not yet written.

    SQLite has one writer at a time: there the other one is through before.
    """

    def act(change):
        if not ON_POSTGRES:
            run(change)
        with app.app_context():
            bob = person("bob")
            if ON_POSTGRES:
                assert bob.roles and bob.active
                with ThreadPoolExecutor(1) as other:
                    other.submit(run, change).result()
            action(bob)
            commit()

    def run(change):
        with app.app_context():
            change(person("bob"))
            commit()

    return act


def test_21_a_grant_does_not_bring_back_a_group_that_was_left_meanwhile(app):
    with app.app_context():
        GroupRole.put("admins", "admin", by=person("ada"))
        joined(person("bob"), "admins")
        commit()
    overtaken(app, lambda bob: bob.grant("developer", by=person("ada")))(
        lambda bob: left(bob, "admins")
    )
    with app.app_context():
        assert person("bob").roles == ["developer"]


def test_32_who_became_the_last_admin_meanwhile_is_not_shut_out(app):
    def make_last(bob):
        bob.grant("admin", by=person("ada"))
        person("ada").grant("qa", by=bob)

    with pytest.raises(Conflict):
        overtaken(app, lambda bob: bob.deactivate(by=None))(make_last)


def test_30_who_is_shut_out_while_arriving_stays_out(app):
    dan = Profile("github", "https://github.com", "4", "bob", "Bob", "bob@example.com", True)

    def arrive(_bob):
        Identity.arrive(dan)

    with pytest.raises(Refused):
        overtaken(app, arrive)(lambda bob: bob.deactivate(by=None))
