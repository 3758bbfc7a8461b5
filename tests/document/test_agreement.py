"""Agreement: what of a word outlives a push, and what words make of a plan."""

import pytest

from planpush.accounts.avatar import Face
from planpush.reviews.approval import (
    APPROVED,
    ASKED,
    CHANGES,
    LAPSED,
    PUSHED,
    SPOKE,
    WAITING,
    Seat,
    Table,
    Word,
    carried,
    uncovered,
    verdict,
)

ABC = "a1 b2 c3"


def manifest(words):
    """A manifest in short: "a1" is the section a with the content 1."""
    return [(word[0], word[1:]) for word in words.split()]


@pytest.mark.parametrize(
    ("covered", "after", "renames", "kept"),
    [
        # the whole plan: nothing added, removed, changed or moved
        ("", "a1 b2 c3", "", ""),
        ("", "a1 b2 c4", "", None),
        ("", "a1 b2", "", None),
        ("", "a1 b2 c3 d4", "", None),
        ("", "a1 c3 b2", "", None),
        ("", "a1 b2 d3", "cd", ""),
        ("", "a1 b2 d3", "", None),
        ("", "a1 b2 d4", "cd", None),
        # sections: each is there and the same, wherever
        ("a", "a1 b9 c9", "", "a"),
        ("a", "a9 b2 c3", "", None),
        ("ac", "c3 b9 a1 d4", "", "ac"),
        ("ac", "a1 b2", "", None),
        ("ac", "a1 b2 d3", "cd", "ad"),
        ("ac", "a1 b2 d3", "", None),
        ("ac", "a1 b2 d4", "cd", None),
        ("ab", "b1 a2 c3", "ab ba", "ba"),
        ("a", "a9 d1 b2 c3", "ad", "d"),
        ("a", "a1 d1 b2 c3", "ad", "a"),
        ("d", "a1 b2 c3 d4", "", None),
    ],
)
def test_what_outlives_a_push(covered, after, renames, kept):
    names = dict(renames.split())
    found = carried(list(covered), manifest(ABC), manifest(after), names)
    assert found == (None if kept is None else list(kept))


def seats(words):
    """Seats in short: "approved:ab" covers a and b, "*waiting" was asked."""
    found = []
    for number, told in enumerate(words.split()):
        said, _, sections = told.lstrip("*").partition(":")
        word = Word(said, "", 1, 1, list(sections))
        found.append(Seat(Face(number, "Bob", ""), said, told.startswith("*"), word))
    return found


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("", ""),
        ("*waiting", ""),
        ("approved", APPROVED),
        ("*approved", APPROVED),
        ("approved *waiting", ""),
        ("approved *lapsed", ""),
        ("approved lapsed", APPROVED),
        ("approved *pushed", APPROVED),
        ("*pushed", ""),
        ("approved changes:a", CHANGES),
        ("*waiting changes", CHANGES),
        ("lapsed", ""),
        ("approved:ab", ""),
        ("approved:ab approved:bc", APPROVED),
        ("approved:ab *approved:a", ""),
        ("approved:ab approved", APPROVED),
    ],
)
def test_what_words_make_of_a_plan(words, made):
    assert verdict(seats(words), lambda: "abc") == made


def test_anchors_are_asked_for_only_if_it_matters():
    assert uncovered(seats("approved approved:a"), lambda: 1 / 0) == []
    assert verdict(seats("approved:a *waiting"), lambda: 1 / 0) == ""
    assert uncovered(seats("approved:a changes:b"), lambda: "abc") == ["b", "c"]


def test_who_sits_where():
    table, word = Table(), Word(APPROVED, "", 1, 1)
    people = {name: Face(number, name, "") for number, name in enumerate(("ada", "bob", "pam"), 1)}
    for part, name, here in (
        (ASKED, "ada", True), (LAPSED, "ada", True), (SPOKE, "bob", False), (ASKED, "pam", True),
        (PUSHED, "pam", True), (LAPSED, "pam", True),
    ):  # fmt: skip
        table.note(part, people[name], word, here=here)
    found = {seat.user.name: (seat.said, seat.asked) for seat in table.seats()}
    assert found == {"ada": (LAPSED, True), "bob": (APPROVED, False), "pam": (PUSHED, True)}
    table.note(ASKED, Face(4, "gone", ""), word, here=False)
    table.note(ASKED, Face(5, "new", ""), word, here=True)
    assert [(one.user.name, one.said) for one in table.seats()][3:] == [("new", WAITING)]


@pytest.mark.parametrize(
    ("word", "count", "told"),
    [
        (Word(APPROVED, "", 4, 4), 6, "approved v4"),
        (Word(CHANGES, "", 4, 4), 0, "asked for changes to v4"),
        (Word(APPROVED, "", 5, 5, ["a", "b"]), 6, "approved 2 of 6 sections"),
        (Word(APPROVED, "", 4, 5, ["a", "b"]), 6, "approved 2 of 6 sections of v4"),
        (Word(CHANGES, "", 4, 5, ["a"]), 0, "asked for changes to 1 section of v4"),
        (Word(APPROVED, "", 4, 0), 6, "approved a version that was purged"),
        (Word(""), 6, "has not decided yet"),
    ],
)
def test_a_word_in_words(word, count, told):
    assert Seat(Face(1, "Bob", ""), word.decision or WAITING, True, word).words(5, count) == told
