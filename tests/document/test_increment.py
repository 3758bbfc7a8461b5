"""From one version's sections to another's: the steps, applied to a page, give the new order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planpush.document.diff.update import Increment, increment

CASES = [
    ("ab", "ab", {}, ()),
    ("abc", "abc", {"b": 2}, ("b",)),
    ("abc", "ac", {}, ()),
    ("ac", "abc", {}, ("b",)),
    ("bc", "abc", {}, ("a",)),
    ("abcd", "dabc", {}, ("d",)),
    ("abcd", "bcda", {}, ("a",)),
    ("abc", "xyz", {}, ("x", "y", "z")),
    ("", "ab", {}, ("a", "b")),
]


def contents(anchors: str, changed: dict[str, int] | None = None) -> dict[str, int]:
    return {anchor: (changed or {}).get(anchor, 1) for anchor in anchors}


def applied(old: dict[str, int], new: dict[str, int], found: Increment) -> list[tuple[str, int]]:
    """What a page that shows `old` shows after the steps, taken in any order."""
    page = [(anchor, old[anchor]) for anchor in old if anchor not in found.gone]
    for step in reversed(found.steps):
        brought = [(anchor, new[anchor]) for anchor in step.anchors]
        at = next((i for i, (anchor, _) in enumerate(page) if anchor == step.at), -1)
        if step.how == "replace":
            page[at : at + 1] = brought
        else:
            page[at + 1 : at + 1] = brought
    return page


@pytest.mark.parametrize(("before", "after", "changed", "brought"), CASES)
def test_only_what_the_page_lacks_is_brought(before, after, changed, brought):
    found = increment(contents(before), contents(after, changed))
    assert found.brought == brought


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True),
       st.sets(st.integers(0, 9)))  # fmt: skip
def test_the_steps_lead_to_the_new_version(before, after, changed):
    old = {f"s{n}": 1 for n in before}
    new = {f"s{n}": 2 if n in changed else 1 for n in after}
    found = increment(old, new)
    assert applied(old, new, found) == list(new.items())
    assert set(found.kept) | set(found.brought) == set(new)
    assert not set(found.kept) & set(found.brought)
    assert set(found.kept) <= {anchor for anchor in new if old.get(anchor) == new[anchor]}


def test_a_step_stands_on_a_section_that_the_page_has():
    found = increment(contents("abc"), contents("axbyc", {"b": 2}))
    assert [(step.how, step.at, step.anchors) for step in found.steps] == [
        ("after", "a", ("x",)),
        ("replace", "b", ("b", "y")),
    ]
    assert found.kept == ("a", "c")
