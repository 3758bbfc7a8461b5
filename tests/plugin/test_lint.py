"""The helper's own lint: what each finding is called, where it is, and what fixes it."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Planpush

START = '<section class="pp-section" data-anchor="api"><h2>API</h2>\n'
ERRORS = [
    ("<p>Words.</p>", "api 1:1 missing_anchor no data-anchor at the start → begin with <section"),
    ('<section data-anchor="apis">Words.', "api 1:1 anchor_mismatch the first element says apis"),
    ('<section data-anchor="api"> </section>', "api 1:1 empty_section there is no text → write"),
    (START + "<p>Words.<script>x</script>", "api 2:10 forbidden_element <script> is not allowed"),
    (START + "<style>p{}</style>Words.", "api 2:1 forbidden_element <style>"),
    (START + "<iframe src='data:image/x'>Words.", "api 2:1 forbidden_element <iframe>"),
    (START + "<p style='color:red'>Words.", "api 2:1 forbidden_attribute style= is not allowed"),
    (START + "<p ONCLICK=x>Words.", "api 2:1 forbidden_attribute onclick="),
    (START + "<img src='https://a.test/x.png'>", "api 2:1 external_url src loads https://a.test"),
    (START + "<a href=' java\nscript:x'>Words.", "api 2:1 forbidden_url javascript:x as a link"),
    (START + "<p class='pp-calout'>Words.", "api 2:1 unknown_class class pp-calout is not"),
    (START + "<p class='pp-calout'>Words.", "did you mean pp-callout?"),
    (START + "<p data-anchor='Data'>Words.", "api 2:1 malformed_anchor anchor 'Data' is not"),
    (START + "<p data-anchor='api'>Words.", "api 2:1 duplicate_anchor data-anchor api is used"),
    (START + "<p>Words\x07.</p>", "api 2:9 control_character control character U+0007"),
    (START + "x" * (1 << 20), "api 1:1 section_too_large 1048635 bytes, at most 1048576"),
]


@pytest.mark.parametrize(("html", "said"), ERRORS)
def test_error_is_told_and_not_stored(planpush: Planpush, html: str, said: str) -> None:
    done = planpush("put", "api", stdin=html)
    assert done.code == 1
    assert said in done.text
    assert done.text.startswith("api was not stored")


def test_malformed_anchor(planpush: Planpush) -> None:
    done = planpush.put("Data_Model")
    assert done.code == 1
    assert "malformed_anchor" in done.text
    assert "no sections yet" in planpush("outline").text


def test_warning_is_stored_and_stops_the_push_unless_allowed(planpush: Planpush) -> None:
    done = planpush("put", "api", stdin=START + "<p class='lead'>Words.</p></section>")
    assert done.code == 0
    assert "warning api 2:1 unknown_class class lead" in done.text
    assert planpush("lint").code == 1
    assert "--allow-warnings" in planpush("push", "--title", "API").text
    assert planpush("push", "--title", "API", "--allow-warnings").code == 0


def test_unknown_element_and_icon_are_warnings(planpush: Planpush) -> None:
    odd = '<sectoin>Words.</sectoin><svg class="i"><use href="#i-databse"/></svg></section>'
    done = planpush("put", "api", stdin=START + odd)
    assert done.code == 0
    assert "2:1 unknown_element element sectoin is not in the vocabulary" in done.text
    assert "2:41 unknown_icon icon databse is not in the vocabulary → did you" in done.text


def test_heading_alone_is_a_warning(planpush: Planpush) -> None:
    done = planpush("put", "api", stdin=START + "</section>")
    assert done.code == 0
    assert "warning api 1:1 empty_section nothing but a heading" in done.text


def test_positional_anchor_is_a_warning(planpush: Planpush) -> None:
    assert "positional_anchor anchor section-2" in planpush.put("section-2").text


def test_anchor_used_in_two_sections(planpush: Planpush) -> None:
    planpush.put("risks")
    planpush("put", "api", stdin=START + "<p data-anchor='risks'>Words.</p></section>")
    done = planpush("lint")
    assert done.code == 1
    assert "api 2:1 duplicate_anchor data-anchor risks is used twice" in done.text


def test_empty_standard_input(planpush: Planpush) -> None:
    assert planpush("put", "api", stdin="").code == 1
    done = planpush("put", "api", "--append", stdin="x")
    assert "fix: send its first part" in done.text
