"""A comparison that is shown: what it says of stored versions."""

from __future__ import annotations

from planpush.plans.version import Version
from planpush.versions.comparison import Comparison
from tests.document.redlines import reverted, texts

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


def test_both_versions_can_be_read_out_of_what_is_shown_and_what_stayed_stands_in(pushed):
    plan = pushed(OLD).plan
    pushed(NEW, plan=plan)
    found = Comparison.of(Version.of(plan, 1), Version.of(plan, 2))
    page = "".join(one.html for one in found.rendered(everything=True))
    assert texts(reverted(page, "old")) == texts("".join(OLD.values()))
    assert texts(reverted(page, "new")) == texts(OLD["c"] + NEW["a"] + NEW["d"])
    shown = found.rendered()
    counts = {one.compared.part.anchor: one.counts for one in shown if not one.is_stand_in}
    assert counts["a"] == {"changed": 1, "added": 1} and counts["b"] == {"removed": 1}
    assert [one.compared.part.anchor for one in shown if one.is_stand_in] == ["c"]
