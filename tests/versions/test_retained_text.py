"""Keeping: a word stands over pushes and purges as long as what it covers is the same."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planpush.database.session import commit
from planpush.plans.plan import PUBLISHED
from planpush.plans.version import Version
from planpush.reviews.approval import LAPSED
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import APPROVED, CHANGES, SignOff
from planpush.versions.purge import purge
from planpush.versions.push import push_version
from planpush.versions.request import Push, SectionPush
from tests.people import person

ABC = {"a": "<p>1</p>", "b": "<p>2</p>", "c": "<p>3</p>"}


@pytest.fixture
def plan(pushed):
    return pushed(ABC, visibility=PUBLISHED).plan


def give(plan, name, decision=APPROVED, sections=(), note="Why."):
    SignOff.give(plan, decision, note, by=person(name), sections=sections)
    commit()


def word_of(plan, name):
    """What somebody's seat says: state, where it was given, what it covers."""
    seats = SignOff.reviewers_of([plan.id]).get(plan.id, [])
    found = {seat.user.name.lower(): seat for seat in seats}
    seat = found.get(name)
    return seat and (seat.said, seat.word.given_on, list(seat.word.sections))


def test_a_renamed_section_keeps_its_word_under_the_new_name(plan):
    give(plan, "bob", APPROVED, ["b"])
    give(plan, "pam")
    parts = [SectionPush("a"), SectionPush("z", ABC["b"], was="b"), SectionPush("c")]
    push_version(plan, Push(parts, base_version=1), by=person("alice"))
    commit()
    assert word_of(plan, "bob") == (APPROVED, 1, ["z"])
    assert word_of(plan, "pam") == (APPROVED, 1, []) and plan.verdict == APPROVED
    push_version(
        plan, Push([SectionPush("c"), SectionPush("z")], base_version=2), by=person("alice")
    )
    commit()
    assert (word_of(plan, "bob")[0], word_of(plan, "pam")[0]) == (APPROVED, LAPSED)
    assert plan.verdict == ""  # of c nobody approved


def test_what_was_given_on_a_purged_version_lapses_and_loses_its_note(plan, pushed, dump):
    pushed(ABC | {"hunter2": "<p>4</p>"}, plan)
    give(plan, "bob", CHANGES, ["hunter2"], note="Take hunter2 out.")
    give(plan, "bob", CHANGES, ["a"], note="Take hunter2 out of it.")
    give(plan, "pam", CHANGES, ["hunter2"], note="hunter2!")
    SignOff.withdraw(plan, by=person("pam"))
    pushed(ABC, plan)
    assert word_of(plan, "bob") == (CHANGES, 2, ["a"])
    purge(plan, [2], by=person("ada"))
    commit()
    assert "hunter2" not in dump()
    assert (word_of(plan, "bob"), plan.verdict) == ((LAPSED, 2, []), "")
    assert list(Turn.of(person("bob"), [plan.id]).reasons) == [plan.id]


NAMES = "abcd"
DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 2)), min_size=1, max_size=4,
    unique_by=lambda one: one[0],
)  # fmt: skip
RENAMES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES), max_size=2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), DOCUMENTS, RENAMES),
        st.tuples(
            st.sampled_from(("bob", "charlie", "pam")), st.sampled_from((APPROVED, CHANGES)),
            st.sets(st.sampled_from(NAMES), max_size=2),
        ),
    ),
    min_size=2, max_size=7,
)  # fmt: skip


def follow(covered, manifests, renames):
    """Whether what was covered is the same in every manifest that came after, naively."""
    for before, after, names in zip(manifests, manifests[1:], renames[1:], strict=False):
        if not covered and [sha for _, sha in before] != [sha for _, sha in after]:
            return False
        now = []
        for (old, _), (new, _) in zip(before, after, strict=False) if not covered else ():
            if new not in (old, names.get(old)):
                return False
        for name in covered:
            sha = dict(before)[name]
            same = [one for one in (name, names.get(name)) if dict(after).get(one) == sha]
            if not same:
                return False
            now.append(same[0])
        covered = now
    return True


@pytest.mark.long
@given(steps=STEPS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_word_stands_if_and_only_if_all_it_covers_is_unchanged_since(pushed, steps):
    plan = pushed(ABC, visibility=PUBLISHED).plan
    given_at, renamed = {}, {1: {}}
    for who, told, more in steps:
        here = [row.anchor for row in Version.of(plan).manifest()]
        if who == "push":
            was = {new: old for old, new in more.items() if old in here}
            parts = [SectionPush(name, f"<p>{text}</p>", was=was.get(name)) for name, text in told]
            push_version(plan, Push(parts, base_version=plan.newest), by=person("alice"))
            commit()
            names = {was[name]: name for name, _ in told if name in was}
            renamed.setdefault(plan.newest, names)
        else:
            sections = sorted(more & set(here))
            give(plan, who, told, sections)
            given_at[who] = (plan.newest, told, [] if sections == sorted(here) else sections)
    for who, (number, told, sections) in given_at.items():
        numbers = range(number, plan.newest + 1)
        manifests = [
            [(row.anchor, row.sha256) for row in Version.of(plan, one).manifest()]
            for one in numbers
        ]
        stands = follow(sections, manifests, [renamed[one] for one in numbers])
        assert word_of(plan, who)[:2] == (told if stands else LAPSED, number)


def test_a_changed_section_lapses_the_words_on_it_and_leaves_the_others(plan, pushed):
    give(plan, "bob", APPROVED, ["a"])
    give(plan, "charlie", APPROVED, ["b", "c"])
    give(plan, "pam", CHANGES, ["b"])
    give(plan, "ada", CHANGES, ["c"])
    pushed(ABC | {"b": "<p>9</p>"}, plan)
    assert word_of(plan, "bob") == (APPROVED, 1, ["a"])
    assert word_of(plan, "charlie") == (LAPSED, 1, ["b", "c"])
    assert word_of(plan, "pam") == (LAPSED, 1, ["b"])
    assert word_of(plan, "ada") == (CHANGES, 1, ["c"])
    assert plan.verdict == CHANGES
