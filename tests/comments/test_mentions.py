"""Whom a comment names: of those who may see its plan, and nobody else."""

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.accounts.user import User
from planpush.comments.mentions import Mention, offered, whom
from planpush.comments.thread_rows import comment_of
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.plans.plan import EDITOR, PRIVATE, PUBLISHED, REVIEWER, Member, Plan
from planpush.setting_specs import ROLES
from tests.people import person


def join(plan, name, kind=REVIEWER):
    db.session.add(Member(plan_id=plan.id, user_id=person(name).id, kind=kind))
    commit()


@pytest.fixture
def plan(pushed):
    """A private plan of alice's that bob was asked to review."""
    found = pushed({"intro": "<p>Tokens rotate.</p>"}).plan
    join(found, "bob")
    return found


@pytest.fixture
def say(plan):
    def comment(body, by="alice"):
        thread = plan.open_thread(Place(), body, by=person(by), on=1)
        commit()
        return thread.comments[0]

    return comment


def names(comment):
    by_id = {user.id: user.name for user in db.session.scalars(User.people())}
    found = db.session.scalars(sa.select(Mention).where(Mention.comment_id == comment.id))
    return {by_id[one.user_id]: one.said for one in found}


def test_readers_are_those_to_whom_the_plan_is_visible(database, pushed):
    for count in range(len(ROLES) + 1):
        for held in itertools.combinations(ROLES, count):
            User.add(f"{'-'.join(held) or 'none'}@x.test", name="X", roles=held)
    User.add("gone@x.test", name="Gone", roles=["admin"]).active = False
    people = database.scalars(User.people().where(User.active)).all()
    plans = [pushed({"intro": f"<p>{n}</p>"}).plan for n in range(4)]
    plans[1].visibility, plans[3].deleted_at = PUBLISHED, now()
    join(plans[2], "bob", EDITOR)
    database.add(
        Member(plan_id=plans[2].id, user_id=User.by_email("none@x.test").id, kind=REVIEWER)
    )
    commit()
    for plan in plans:
        seen = {user.id for user in people
                if database.scalar(Plan.visible_to(user).where(Plan.id == plan.id))}  # fmt: skip
        assert {user.id for user in database.scalars(plan.readers())} == seen
    assert len(set(database.scalars(plans[1].readers()))) == len(people) - 1


def test_a_comment_names_only_who_sees_the_plan(say):
    assert names(say("@Bob and @charlie, @Ada; `@Pam`, x@alice")) == {"Bob": "Bob", "Ada": "Ada"}


def test_an_edit_names_anew_and_keeps_who_stays(say):
    comment = say("@Bob @Ada")
    comment.edit("@bob@example.com @Alice", by=person("alice"))
    commit()
    assert names(comment) == {"Bob": "bob@example.com", "Alice": "Alice"}
    comment.edit("Nobody", by=person("alice"))
    commit()
    assert names(comment) == {}


def test_who_shares_a_name_is_named_by_address_only(plan):
    User.add("bob@else.test", name="Bob", roles=["admin"])
    commit()
    assert whom("@Bob and @bob", plan) == {}
    meant = whom("@bob@else.test and @bob@example.com", plan)
    assert meant == {User.by_email(email).id: email for email in meant.values()}
    assert {offer.words for offer in offered(plan, "bob")} == set(meant.values())


def test_letters_find_people_by_any_word_without_accents(plan):
    User.add("zs.dahl@x.test", name="Zoë Ōe-Straße", roles=["admin"])
    User.add("x@x.test", name="Bob @ Work", roles=["admin"])
    commit()
    found = {typed: [offer.user.email for offer in offered(plan, typed)] for typed in
             ("zoe", "OE", "dahl", "zs.d", "zoe oe", "strasse", "o", "é", "%",
              "a" * 101)}  # fmt: skip
    zoe = ["zs.dahl@x.test"]
    assert found == {"zoe": zoe, "OE": zoe, "dahl": zoe, "zs.d": zoe, "zoe oe": zoe, "strasse": zoe,
                     "o": zoe, "é": [], "%": [], "a" * 101: []}  # fmt: skip
    assert [offer.words for offer in offered(plan, "bob ")] == ["x@x.test"]


def test_at_most_eight_are_offered_those_of_the_plan_first(plan):
    for number in range(12):
        User.add(f"a{number}@x.test", name=f"Aa {number:02}", roles=["admin"])
    plan.visibility = PRIVATE
    commit()
    assert list(whom("@Aa 00, @Aa 11.", plan).values()) == ["Aa 00", "Aa 11"]
    found = [offer.user.name for offer in offered(plan, "")]
    assert len(found) == 8 and found[:2] == ["Alice", "Bob"] and "Charlie" not in found


def test_the_words_of_a_deleted_comment_wait_a_day(plan, say):
    comment = say("@Bob How often?")
    comment.edit("@Bob How seldom?", by=person("alice"))
    comment.delete(by=person("alice"))
    commit()
    shown = comment_of(plan, comment.id)
    assert (shown.body, shown.restorable, comment.kept) == ("", True, "@Bob How seldom?")
    type(comment).sweep()
    comment.restore(by=person("alice"))
    commit()
    shown = comment_of(plan, comment.id)
    assert (shown.body, shown.restorable) == ("@Bob How seldom?", False)
    assert shown.mentions == [(person("bob").id, "Bob")] and shown.history().total == 1


def test_swept_words_are_nowhere(plan, say, dump):
    comment, other = say("@Bob How often?"), say("Stays")
    comment.edit("@Bob Xyzzy?", by=person("alice"))
    comment.delete(by=person("alice"))
    comment.deleted_at = now() - timedelta(days=2)
    commit()
    type(comment).sweep()
    commit()
    db.session.expire_all()
    assert "Xyzzy" not in dump() and "How often" not in dump() and not names(comment)
    assert comment_of(plan, other.id).body == "Stays"
    assert not comment_of(plan, comment.id).restorable
