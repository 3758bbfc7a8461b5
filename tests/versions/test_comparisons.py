"""A comparison that is shown: what it reads, and what it says of stored versions."""

from __future__ import annotations

import pytest

from planpush.document.diff.render import pin_places
from planpush.plans.version import Version
from planpush.versions.comparison import Comparison
from tests.document.redlines import reverted, texts
from tests.notifications.test_notices import statements

LONG = "Tokens live for one hour and are renewed without asking anybody again."
OLD = {
    "a": "<h2>A</h2><p>Ten wrong passwords lock it.</p>",
    "b": f"<p>{LONG}</p>",
    "c": "<p>Same.</p>",
}
NEW = {
    "c": None,
    "a": "<h2>A</h2><p>Two wrong passwords lock it.</p><p>More.</p>",
    "d": "<p>New.</p>",
}


@pytest.fixture
def comparison(database, pushed):
    plan = pushed(OLD).plan
    pushed(NEW, plan=plan)
    return lambda: Comparison.of(Version.of(plan, 1), Version.of(plan, 2))


def test_both_versions_can_be_read_out_of_what_is_shown(comparison):
    page = "".join(one.html for one in comparison().rendered(everything=True))
    assert texts(reverted(page, "old")) == texts("".join(OLD.values()))
    assert texts(reverted(page, "new")) == texts(OLD["c"] + NEW["a"] + NEW["d"])


def test_what_did_not_change_is_shown_only_if_it_is_asked_for(database, pushed):
    plan = pushed(OLD).plan
    pushed({"a": "<h2>A</h2><p>Two words.</p>", "b": None, "c": None}, plan=plan)
    found = Comparison.of(Version.of(plan, 1), Version.of(plan, 2))
    shown = {one.compared.part.anchor: one.html for one in found.rendered()}
    assert shown["a"] and not shown["b"] and not shown["c"]
    whole = {one.compared.part.anchor: one.html for one in found.rendered(everything=True)}
    assert LONG in whole["b"] and whole["a"] == shown["a"]


def test_what_was_read_to_compare_is_not_read_again_to_show_it(database, pushed):
    plan = pushed(OLD).plan
    pushed({**OLD, "a": "<p>Else.</p>"}, plan=plan)
    found = Comparison.of(Version.of(plan, 1), Version.of(plan, 2))
    assert statements(lambda: found.rendered()) == 0
    assert statements(lambda: found.rendered(everything=True)) == 1


def test_counts_and_stand_ins(comparison):
    shown = comparison().rendered()
    counts = {one.compared.part.anchor: one.counts for one in shown if not one.is_stand_in}
    assert counts["a"] == {"changed": 1, "added": 1} and counts["b"] == {"removed": 1}
    assert [one.compared.part.anchor for one in shown if one.is_stand_in] == ["c"]


def test_pins_go_to_the_blocks_of_the_newer_version(comparison):
    html = next(o.html for o in comparison().rendered() if o.compared.part.anchor == "a")
    places = pin_places(html)
    assert sorted(places) == [0, 1, 2, 3]
    assert html[places[3] :].startswith("</p>") and html[places[0] - 5 : places[0]] == "</h2>"
