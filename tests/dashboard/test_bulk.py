"""Bulk: each plan moves by its own right, what is hidden is as good as not there, and undoing."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planpush.dashboard import bulk
from planpush.dashboard.bulk import Outcome, move_all, take_back
from planpush.database import encryption
from planpush.database.session import commit, db
from planpush.errors import NotFound, Problem
from planpush.plans.plan import MOVES, PRIVATE, PUBLISHED, Plan
from tests.people import CAST, person

NOBODYS = 999_999_999


@pytest.fixture
def shelve(database):
    """Put plans on the shelf: shelve("alice", "one", "two", visibility=PUBLISHED); their ids."""

    def put(name, *slugs, **columns):
        made = [
            Plan(slug=slug, title=slug, owner_id=person(name).id, newest=1, **columns)
            for slug in slugs
        ]
        db.session.add_all(made)
        commit()
        return [plan.id for plan in made]

    return put


def plan(plan_id):
    return db.session.get(Plan, plan_id, populate_existing=True)


def told(outcome):
    """An outcome as counts: moved, already, refused, unknown, meanwhile."""
    return (len(outcome.ids), outcome.already, outcome.refused, outcome.unknown, outcome.meanwhile)


def test_what_somebody_changed_meanwhile_stays_as_they_want_it(shelve):
    ids = shelve("alice", "once", "twice", "never")
    outcome = move_all(ids, "archive", by=person("alice"))
    commit()
    plan(ids[0]).unarchive(by=person("pam"))
    plan(ids[1]).unarchive(by=person("pam"))
    plan(ids[1]).archive(by=person("pam"))
    commit()
    back = take_back(outcome.sealed(), by=person("alice"))
    commit()
    assert told(back) == (1, 1, 0, 0, 1)
    assert [plan(one).archived for one in ids] == [False, True, False]


def test_rights_are_asked_again(shelve):
    ids = shelve("alice", "kept", "handed", "gone")
    outcome = move_all(ids, "publish", by=person("alice"))
    commit()
    plan(ids[1]).hand_over(person("charlie"), by=person("alice"))
    plan(ids[2]).deleted_at = plan(ids[2]).created_at
    commit()
    back = take_back(outcome.sealed(), by=person("alice"))
    assert told(back) == (1, 0, 1, 1, 0)
    assert (plan(ids[1]).visibility, plan(ids[2]).visibility) == (PUBLISHED, PUBLISHED)


def older(token, seconds):
    """The same token, made some seconds ago."""
    keys = encryption._keys(encryption._secrets(), bulk._PURPOSE)
    return keys.encrypt_at_time(keys.decrypt(token.encode()), int(time.time()) - seconds).decode()


def test_it_works_for_ten_minutes(shelve):
    token = move_all(shelve("alice", "one"), "archive", by=person("alice")).sealed()
    commit()
    with pytest.raises(Problem) as refused:
        take_back(older(token, 601), by=person("alice"))
    assert refused.value.status == 410 and "10 minutes" in str(refused.value)
    assert take_back(older(token, 590), by=person("alice")).ids


def test_only_for_who_did_it(shelve):
    token = move_all(shelve("alice", "one"), "archive", by=person("alice")).sealed()
    commit()
    for name in CAST.keys() - {"alice"}:
        for sent in (token, older(token, 601)):
            with pytest.raises(NotFound):
                take_back(sent, by=person(name))
        assert Outcome.opened(token, person(name)) is None


def test_a_token_of_another_kind_opens_nothing(database):
    for purpose in ["at rest", "undone"]:
        told = '{"by":1,"move":"archive","ids":[1]}'
        with pytest.raises(NotFound):
            take_back(encryption.seal(told, purpose), by=person("alice"))


def test_a_forged_token_opens_nothing(database):
    for token in ["", "x", "é", "gAAAAA", "a" * 5_000]:
        with pytest.raises(NotFound):
            take_back(token, by=person("alice"))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.sampled_from([*CAST]), st.booleans(), st.booleans()), max_size=6),
    st.sampled_from([*CAST]),
    st.sampled_from([*MOVES]),
)
def test_nobody_moves_more_than_is_theirs(database, plans, name, action):
    """A law over any shelf: what moved is the actor's to move, and was elsewhere before."""
    somebody = person(name)
    made = [
        Plan(
            slug=f"p-{number}", title="P", owner_id=person(owner).id,
            visibility=PUBLISHED if shown else PRIVATE,
            archived_at=sa.func.now() if archived else None,
        )
        for number, (owner, shown, archived) in enumerate(plans)
    ]  # fmt: skip
    db.session.add_all(made)
    db.session.flush()
    before = {one.id: MOVES[action].is_made(one) for one in made}
    theirs = {one.id for one in made if one.owner_id == somebody.id or name in ("ada", "pam")}
    seen = {one.id for one in made if one.visibility == PUBLISHED or one.id in theirs}
    outcome = move_all([*before, NOBODYS], action, by=somebody)
    assert set(outcome.ids) == {one for one in theirs if not before[one]}
    assert sum(told(outcome)) == len(made) + 1
    assert outcome.unknown == len(made) - len(seen) + 1
    assert outcome.refused == len(seen) - len(theirs)
    db.session.rollback()
