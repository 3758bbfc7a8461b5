"""Pushes: versions share the sections that did not change, and keep what they were made of."""

import pytest
import sqlalchemy as sa

from planpush.errors import Conflict, Forbidden, Invalid
from planpush.events.event import Event
from planpush.plans.section import Section, expand
from planpush.plans.version import Version, VersionSection
from planpush.versions.push import push_new, push_version
from planpush.versions.request import Push, SectionPush
from tests.people import person

ONE, TWO, THREE = ("<p>One.</p>", "<p>Two.</p>", "<p>Three.</p>")


def rows(database, version):
    """The section rows of a version, in order."""
    found = database.execute(
        sa.select(VersionSection.section_id)
        .where(VersionSection.version_id == version.id)
        .order_by(VersionSection.position)
    )
    return [row.section_id for row in found]


def test_an_unchanged_section_is_stored_once(database, pushed):
    first = pushed({"a": ONE, "b": TWO})
    second = pushed({"a": ONE, "b": THREE}, first.plan)
    (a1, b1), (a2, b2) = rows(database, first.version), rows(database, second.version)
    assert a1 == a2 and b1 != b2
    assert database.scalar(sa.select(sa.func.count(Section.id))) == 3


def test_going_back_to_old_words_takes_the_old_row(database, pushed):
    first = pushed({"a": ONE})
    pushed({"a": TWO}, first.plan)
    third = pushed({"a": ONE}, first.plan)
    assert rows(database, third.version) == rows(database, first.version)


def test_two_plans_share_nothing(database, pushed):
    first, second = pushed({"a": ONE}), pushed({"a": ONE})
    assert rows(database, first.version) != rows(database, second.version)


def test_the_same_words_under_another_anchor_are_another_section(database, pushed):
    first = pushed({"a": ONE, "b": ONE})
    assert len(set(rows(database, first.version))) == 2


def test_an_old_version_never_changes(database, pushed):
    first = pushed({"a": ONE, "b": TWO})
    before = [bytes(piece.html) for piece in first.version.pieces()]
    pushed({"b": THREE}, first.plan)
    again = Version.of(first.plan, 1)
    assert [bytes(piece.html) for piece in again.pieces()] == before
    assert b"One." in expand(before[0])


def test_states_and_what_was_removed_are_kept(database, pushed):
    first = pushed({"a": ONE, "b": TWO, "c": THREE})
    second = pushed({"a": ONE, "b": THREE, "d": TWO}, first.plan).version
    assert [row.state for row in second.manifest()] == ["same", "changed", "added"]
    assert second.removed == ["c"]


def test_equal_content_makes_no_version_and_no_event(database, pushed):
    first = pushed({"a": ONE})
    events = database.scalar(sa.select(sa.func.count(Event.id)))
    again = pushed({"a": ONE}, first.plan, base_version=None)
    assert (again.created, again.version.number) == (False, 1)
    assert database.scalar(sa.select(sa.func.count(Event.id))) == events


def test_order_is_content(database, pushed):
    first = pushed({"a": ONE, "b": TWO})
    second = pushed({"b": None, "a": None}, first.plan)
    assert second.created and second.version.digest != first.version.digest
    assert rows(database, second.version) == rows(database, first.version)[::-1]


def test_an_old_base_is_a_conflict(database, pushed):
    plan = pushed({"a": ONE}).plan
    pushed({"a": TWO}, plan)
    with pytest.raises(Conflict) as refused:
        pushed({"a": THREE}, plan, base_version=1)
    assert refused.value.extra["current"]["version"] == 2


def test_a_reader_may_not_push(database, pushed):
    plan = pushed({"a": ONE}, visibility="published").plan
    push = Push([SectionPush("a", TWO)], base_version=1)
    for name in ("bob", "ada", "pam"):
        with pytest.raises(Forbidden):
            push_version(plan, push, by=person(name))


def test_a_push_without_title_is_no_plan(database):
    with pytest.raises(Invalid) as refused:
        push_new(Push([SectionPush("a", ONE)]), by=person("alice"))
    assert refused.value.errors[0].field == "title"


def test_a_version_remembers_who_why_and_how(database, pushed):
    told = {"message": "Why", "direction": "short", "agent": "claude-code", "session": "s1"}
    version = pushed({"a": ONE}, **told).version
    assert {name: getattr(version, name) for name in told} == told
    assert version.pushed_by.name == "Alice" and version.pushed_at.tzinfo is not None


def test_a_push_lifts_its_plan(database, pushed):
    plan = pushed({"a": ONE}).plan
    before = plan.active_at
    pushed({"a": TWO}, plan)
    database.refresh(plan)
    assert plan.active_at > before
