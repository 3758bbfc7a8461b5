"""What a text's words are, and where they stand in it."""

import pytest

from planpush.document.search_terms import (
    CHUNK,
    chunks,
    match,
    shown,
    spaced,
    tsquery,
    tsvector,
    words,
)
from planpush.document.snippet import marked, snippet


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Token rotation", ["token", "rotation"]),
        ("rate-limit, user_id; /api/push", ["rate", "limit", "user", "id", "api", "push"]),
        ("Überprüfung ÉTÉ", ["uberprufung", "ete"]),
        ("v2.3 of 10,000", ["v2", "3", "of", "10", "000"]),
        ("計画を見る", ["計", "画", "を", "見", "る"]),
        ("… — !", []),
        ("", []),
    ],
)
def test_words_have_no_case_and_no_accents(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize("text", ["plain", "計画 and more", "แผน", "Ünïcode"])
def test_the_gaps_between_signs_do_not_show(text):
    assert shown(spaced(text)) == text


def test_what_is_asked_holds_no_syntax_of_either_database():
    assert match('a" OR b* NEAR(', phrase=True) == '"a  OR b* NEAR("'
    assert tsquery("o'neil & (x | y):*", phrase=False) == "'o' <-> 'neil' <-> 'x' <-> 'y':*"
    assert tsquery("one two", phrase=True) == "'one' <-> 'two'"


def test_a_word_keeps_its_places():
    assert tsvector("to be or to") == "'to':1,4 'be':2 'or':3"
    assert tsvector("a " * 300).count(",") == 249


def test_long_texts_come_in_pieces():
    pieces = list(chunks(["x" * (3 * CHUNK), "short", "y" * CHUNK]))
    assert [len(piece) for piece in pieces] == [CHUNK, CHUNK, CHUNK, 5, CHUNK]
    assert list(chunks(["a", "b"])) == ["a\nb"]
    assert list(chunks([])) == []


def told(pieces):
    """Pieces as one text, what was looked for in brackets."""
    return "".join(f"[{one.text}]" if one.hit else one.text for one in pieces)


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("Token rotation", ["rotat"], "Token [rotat]ion"),
        ("Token rotation", ["ROTATION", "token"], "[Token] [rotation]"),
        ("Interrotation", ["rotat"], "Interrotation"),
        ("Überprüfung", ["uberpruf"], "[Überprüf]ung"),
        ("rate-limit", ["rate limit"], "[rate-limit]"),
        ("<b>", ["b"], "<[b]>"),
        ("anything", [], "anything"),
        ("anything", ["%"], "anything"),
        ("計画を見る", ["画"], "計[画]を見る"),
    ],
)
def test_what_was_looked_for_stands_out(text, wanted, expected):
    assert told(marked(text, wanted)) == expected


def test_a_snippet_is_what_stands_around_the_first_hit():
    body = "intro " * 40 + "the retention window\nends " + "outro " * 60
    found = told(snippet(body, ["retention"]))
    assert found.startswith("… ") and found.endswith(" …")
    assert "the [retention] window ends outro" in found
    assert len(found) < 200


def test_a_snippet_of_a_short_text_is_all_of_it():
    assert told(snippet("Keep it for 30 days.", ["days"])) == "Keep it for 30 [days]."
    assert told(snippet("Keep it.", ["absent"])) == "Keep it."


UNSPACED = "\u0e01\u0eff\u1000\u109f\u1780\u17ff\u3040\u30ff\u3400\u4dbf\u4e00\u9fff\uf900\ufaff"
UNSPACED += "\U00020000\U0003ffff"


@pytest.mark.parametrize("sign", UNSPACED)
def test_a_sign_that_is_a_word_has_a_gap_on_both_sides(sign):
    assert spaced(f"a{sign}é") == f"a\u200b{sign}\u200bé"


@pytest.mark.parametrize("text", ["é – “a” … €", "\u2fff\u0dff\u1100", "\U0001f600"])
def test_other_signs_have_none(text):
    assert spaced(text) == text
