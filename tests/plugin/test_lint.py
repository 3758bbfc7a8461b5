"""The helper's own lint: what each finding is called, where it is, and what fixes it."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Planpush
from tests.plugin.fake_server import FakeServer

START = '<section class="pp-section" data-anchor="api"><h2>API</h2>\n'
ERRORS = [
    ('<section data-anchor="apis"><h2>A</h2>Words.', "api 1:1 anchor_mismatch The section's"),
    ('<section data-anchor="api"> </section>', "api 1:1 empty_section The section is empty. →"),
    (START + "<p data-anchor='Data'>Words.", "api 2:1 anchor_malformed “Data” is not an anchor"),
    (START + "<p data-anchor='api'>Words.", "api 2:1 duplicate_anchor The anchor “api” is used"),
    (START + "<p title='Words.", "api 2:1 unclosed_tag A tag that never ends. → Close the tag."),
    (START + "x" * (1 << 20), "api 1:1 section_too_large The section has 1,048,635 bytes"),
]


@pytest.mark.parametrize(("html", "said"), ERRORS)
def test_error_is_told_and_not_stored(planpush: Planpush, html: str, said: str) -> None:
    done = planpush("put", "api", stdin=html)
    assert done.code == 1
    assert said in done.text
    assert done.text.startswith("api was not stored")


WARNINGS = [
    ("<p>Words.</p>", "api 1:1 missing_root The section does not begin"),
    (START + "<p>Words.<script>x</script>", "api 2:10 element_dropped <script> is not kept"),
    (START + "<p ONCLICK=x>Words.", "api 2:1 attribute_dropped The attribute onclick"),
    (START + "<img src='https://a.test/x.png'>", "api 2:1 remote_image An image from elsewhere"),
    (START + "<a href=' java\nscript:x'>Words.", "api 2:1 link_dropped The link to “java"),
    (START + "<p class='pp-calout'>Words.", "unknown_class The class “pp-calout” is not in the"),
    (START + "<p class='pp-calout'>Words.", "Did you mean “pp-callout”?"),
    (START + "<p>Words\x07.</p>", "api 2:9 control_character The character U+0007 is not kept"),
    (START + "<sectoin>Words.</sectoin>", "2:1 unknown_element <sectoin> is no element of the"),
    (START + "</section>", "warning api 1:1 heading_only The section is nothing but a heading."),
]


@pytest.mark.parametrize(("html", "said"), WARNINGS)
def test_a_warning_is_told_and_stored(planpush: Planpush, html: str, said: str) -> None:
    done = planpush("put", "api", stdin=html)
    assert done.code == 0
    assert said in done.text and "warning api " in done.text
    assert planpush("lint").code == 1
    assert planpush("lint", "--allow-warnings").code == 0


def test_malformed_anchor(planpush: Planpush) -> None:
    done = planpush.put("Data_Model")
    assert done.code == 1
    assert "anchor_malformed" in done.text
    assert "no sections yet" in planpush("outline").text


def test_warning_stops_the_push_unless_allowed(planpush: Planpush) -> None:
    planpush("put", "api", stdin=START + "<p class='lead'>Words.</p></section>")
    assert "--allow-warnings" in planpush("push", "--title", "API").text
    assert planpush("push", "--title", "API", "--allow-warnings").code == 0


def test_positional_anchor_is_a_warning(planpush: Planpush) -> None:
    assert (
        "positional_anchor The anchor “section-2” is a position" in planpush.put("section-2").text
    )


def test_anchor_used_in_two_sections(planpush: Planpush) -> None:
    planpush.put("risks")
    planpush("put", "api", stdin=START + "<p data-anchor='risks'>Words.</p></section>")
    done = planpush("lint")
    assert done.code == 1
    assert "api 2:1 duplicate_anchor The anchor “risks” is used twice" in done.text


def test_a_section_with_open_comments_is_not_dropped_unseen(
    pushed: Planpush, server: FakeServer
) -> None:
    server.sections[0]["open_threads"] = 3
    pushed("outline")
    pushed("rm", "summary")
    done = pushed("push")
    assert done.code == 1
    assert "summary 1:1 anchor_with_threads “summary” is gone, and 3 open" in done.text
    assert "put NEW --was summary" in done.text
    assert pushed("lint").code == 1
    assert pushed("push", "--allow-warnings").code == 0


def test_a_rename_takes_the_comments_along(pushed: Planpush, server: FakeServer) -> None:
    server.sections[0]["open_threads"] = 3
    pushed("outline")
    pushed.put("overview", "Words.", "--was", "summary")
    assert pushed("push").code == 0


def test_empty_standard_input(planpush: Planpush) -> None:
    assert planpush("put", "api", stdin="").code == 1
    done = planpush("put", "api", "--append", stdin="x")
    assert "fix: send its first part" in done.text
