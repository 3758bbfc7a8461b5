"""Sign-offs: what people decide about a version, and what that makes of the plan."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planpush.database.session import commit, db
from planpush.errors import Conflict, Forbidden, Invalid
from planpush.plans.plan import PUBLISHED
from planpush.reviews.approval import LAPSED
from planpush.reviews.sign_offs import APPROVED, CHANGES, SignOff
from planpush.versions.purge import purge
from tests.people import person

PEOPLE = ("ada", "bob", "charlie", "pam")


@pytest.fixture
def plan(pushed):
    return pushed({"intro": "<p>One.</p>"}, visibility=PUBLISHED).plan


def give(plan, name, decision, note="Why."):
    SignOff.give(plan, decision, note, by=person(name))
    commit()


def said(plan):
    people = SignOff.reviewers_of([plan.id]).get(plan.id, [])
    return {seat.user.name.lower(): seat.said for seat in people}


def test_one_word_for_changes_outweighs_all_others(plan):
    assert plan.verdict == ""
    for name, decision, verdict in (
        ("bob", APPROVED, APPROVED), ("pam", CHANGES, CHANGES), ("ada", APPROVED, CHANGES),
        ("pam", APPROVED, APPROVED), ("bob", CHANGES, CHANGES),
    ):  # fmt: skip
        give(plan, name, decision)
        assert plan.verdict == verdict
    assert said(plan) == {"ada": APPROVED, "bob": CHANGES, "pam": APPROVED}


def test_a_purged_version_brings_back_what_was_said_of_the_one_before(plan, pushed):
    give(plan, "bob", APPROVED)
    pushed({"intro": "<p>Two.</p>"}, plan)
    give(plan, "bob", CHANGES)
    purge(plan, [2], by=person("ada"))
    commit()
    assert (plan.verdict, said(plan)) == (APPROVED, {"bob": APPROVED})


def test_refusals(plan, pushed):
    with pytest.raises(Forbidden):
        give(plan, "alice", APPROVED)
    for decision, note in ((CHANGES, ""), ("perhaps", "Why."), (APPROVED, "n" * 2001)):
        with pytest.raises(Invalid):
            give(plan, "bob", decision, note)
    pushed({"intro": "<p>Two.</p>"}, plan)
    with pytest.raises(Conflict):
        SignOff.give(plan, APPROVED, by=person("bob"), read=1)
    assert db.session.scalar(sa.select(sa.func.count(SignOff.id))) == 0


@pytest.mark.parametrize("rest", ["", APPROVED, CHANGES])
def test_nobodys_word_counts_on_a_plan_that_they_own_from_then_on(plan, rest):
    give(plan, "bob", APPROVED)
    if rest:
        give(plan, "pam", rest)
    plan.hand_over(person("bob"), by=person("alice"))
    commit()
    assert (plan.verdict, said(plan)) == (rest, {"pam": rest} if rest else {})
    plan.hand_over(person("alice"), by=person("bob"))
    commit()
    assert plan.verdict == rest


WORDS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from((APPROVED, CHANGES, "withdraw", "push"))),
    max_size=8,
)


@given(words=WORDS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_verdict_is_what_the_last_words_on_the_newest_version_say(plan, pushed, words):
    pushed({"intro": f"<p>{plan.newest} anew.</p>"}, plan)
    spoke = dict.fromkeys(said(plan), LAPSED)  # of the example before
    stands = {}
    for name, word in words:
        if word == "push":
            pushed({"intro": f"<p>{plan.newest} again.</p>"}, plan)
            spoke, stands = spoke | dict.fromkeys(stands, LAPSED), {}
        elif word == "withdraw":
            SignOff.withdraw(plan, by=person(name))
            stands.pop(name, None)
            spoke.pop(name, None)
        else:
            give(plan, name, word)
            spoke.pop(name, None)
            stands[name] = word
    commit()
    several = CHANGES if CHANGES in stands.values() else APPROVED if stands else ""
    assert (plan.verdict, said(plan)) == (several, spoke | stands)
