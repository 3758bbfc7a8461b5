"""Pushes: versions share the sections that did not change, and keep what they were made of."""

import pytest
import sqlalchemy as sa

from planpush.errors import Forbidden
from planpush.events.event import Event
from planpush.plans.section import expand
from planpush.plans.version import Version
from planpush.versions.push import push_version
from planpush.versions.request import Push, SectionPush
from tests.people import person

ONE, TWO, THREE = ("<p>One.</p>", "<p>Two.</p>", "<p>Three.</p>")


def test_an_old_version_never_changes(database, pushed):
    first = pushed({"a": ONE, "b": TWO})
    before = [bytes(piece.html) for piece in first.version.pieces()]
    pushed({"b": THREE}, first.plan)
    again = Version.of(first.plan, 1)
    assert [bytes(piece.html) for piece in again.pieces()] == before
    assert b"One." in expand(before[0])


def test_equal_content_makes_no_version_and_no_event(database, pushed):
    first = pushed({"a": ONE})
    events = database.scalar(sa.select(sa.func.count(Event.id)))
    again = pushed({"a": ONE}, first.plan, base_version=None)
    assert (again.created, again.version.number) == (False, 1)
    assert database.scalar(sa.select(sa.func.count(Event.id))) == events


def test_a_reader_may_not_push(database, pushed):
    plan = pushed({"a": ONE}, visibility="published").plan
    push = Push([SectionPush("a", TWO)], base_version=1)
    for name in ("bob", "ada", "pam"):
        with pytest.raises(Forbidden):
            push_version(plan, push, by=person(name))
