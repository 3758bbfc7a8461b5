"""Lint: a section is stored, then checked by the server, and what is found can be acted on."""

from __future__ import annotations

import re

import pytest

from tests.plugin.conftest import Planpush
from tests.plugin.fake_server import DROP, Answer, FakeServer

START = '<section class="pp-section" data-anchor="api"><h2>API</h2>\n'
SECRET = "ghp_" + "q7Hw2LpZ9xVbN4mK8tRc3sYdF6gJ1aEoU5iB"
FINDINGS = [
    (START + "<p title='Words.", 1, r"api 2:1 unclosed_tag .* → Close the tag\."),
    ('<section data-anchor="apis"><h2>A</h2>Words.', 1, r"api 1:1 anchor_mismatch .* → Write data"),
    (START + "<p data-anchor='risks'>Words.", 1, r"api 2:1 duplicate_anchor The anchor “risks”"),
    (START + f"<p>{SECRET}", 1, r"api 2:4 secret_found .*\nfix: take it out .* --allow-secrets"),
    (START + "<pre class='pp-diagram' data-kind='mermaid'>\nflowhcart LR</pre>", 1,
     r"api [23]:\d+ diagram_\w+ .* → Begin with"),
    (START + "x" * (1 << 20), 1, r"api 1:1 section_too_large The section has 1,048,635 bytes"),
    (START + "<p>Words.\n é<b class='pp-calout'>x</b>", 0,
     r"warning api 3:3 unknown_class .* → Did you mean “pp-callout”\?"),
    ("<h2>API</h2><p>Words.</p>", 0, r"warning api 1:1 missing_root "),
]  # fmt: skip


@pytest.mark.parametrize(("html", "code", "said"), FINDINGS)
def test_a_section_is_stored_and_what_is_found_is_told(
    planpush: Planpush, html: str, code: int, said: str
) -> None:
    planpush.put("risks")
    done = planpush("put", "api", stdin=html)
    assert done.code == code, done.text
    assert re.match(rf"api: \d+ bytes, new\n{said}", done.text), done.text
    again = planpush("lint")
    assert again.code == 1 and re.search(f"^{said}", again.text, re.MULTILINE)
    assert planpush("lint", "--allow-warnings").code == code
    refused = planpush("push", "--title", "API")
    assert refused.code == 1 and re.match(said, refused.text), refused.text
    assert ("fix: put them again, or push with --allow-warnings" in refused.text) == (code == 0)


def test_a_clean_section_is_one_line(planpush: Planpush, server: FakeServer) -> None:
    planpush.put("summary")
    assert re.fullmatch(r"api: \d+ bytes, new\n", planpush.put("api").text)
    (_, seen) = server.to("/api/lint")
    assert [bool(one["html"]) for one in seen.body["sections"]] == [False, True]
    assert planpush("lint").text == "2 sections checked, 0 findings\n"
    assert server.sections == [] and server.pushes() == []


UNCHECKED: list[tuple[Answer, str, str]] = [
    (DROP, "no answer from", "check that the server runs and that this is its address, then "),
    ((401, {}, {}), "PLANPUSH_TOKEN is not accepted", "unset PLANPUSH_TOKEN and run planpush log"),
    ((403, {"code": "insufficient_scope"}, {}), "the server refused (403", "the token needs "),
    ((404, {"status": 404}, {}), "has no linter (404)", "ask the server's operator to"),
    ((405, {"status": 405}, {}), "has no linter (405)", "ask the server's operator to"),
    ((429, {}, {"Retry-After": "30"}), "slow down (429)", "run planpush lint in 31 seconds"),
    ((500, "<html>", {}), "the server refused (500)", "run planpush lint in a minute"),
    ((503, "", {}), "is not available (503)", "run planpush lint in a minute"),
    ((302, "", {"Location": "http://a.test"}), "sends us on to", "if this network has a sign-in"),
    ((200, "<html>Welcome", {}), "does not answer like a planpush", "set PLANPUSH_SERVER to"),
    ((200, {"errors": 7}, {}), "the server's answer is not what planpush sends", "check PLANPUSH"),
]


@pytest.mark.parametrize(("answer", "why", "fix"), UNCHECKED)
def test_a_section_that_could_not_be_checked_is_saved(
    planpush: Planpush, server: FakeServer, answer: Answer, why: str, fix: str
) -> None:
    server.lint = [answer] * 2
    done = planpush.put("api", "Words.")
    stored, told, then = done.text.splitlines()
    assert done.code == 0 and re.fullmatch(r"api: \d+ bytes, new", stored)
    assert told.startswith("api was saved but not checked: ") and why in told
    assert then.startswith(f"fix: {fix}") and "planpush lint" in then
    assert len(server.to("/api/lint")) == 1, "a draft does not wait"
    unchecked = planpush("lint")
    assert unchecked.code in (1, 2) and why in unchecked.text
    assert planpush("lint").text == "1 sections checked, 0 findings\n"


def test_malformed_anchor(planpush: Planpush) -> None:
    for anchor in ["Data_Model", "x" * 65, "a-", "a\nb"]:
        done = planpush.put(anchor)
        assert done.code == 1, anchor
        assert "is not an anchor\nfix: use lower-case words joined with hyphens" in done.text
        assert "no sections yet" in planpush("outline").text


def test_nothing_to_store_or_to_check(planpush: Planpush) -> None:
    assert planpush("lint").text == "there are no sections to check\nfix: `put ANCHOR` first\n"
    assert "fix: send its first part" in planpush("put", "api", "--append", stdin="x").text
    planpush.put("api", "Words.")
    for more in ((), ("--append",)):
        done = planpush("put", "api", *more, stdin=" \n")
        assert done.code == 1 and done.text.startswith("standard input is empty\nfix: ")
    assert "Words." in planpush("show", "api").text


def test_warnings_stop_the_push_unless_allowed(planpush: Planpush, server: FakeServer) -> None:
    planpush("put", "api", stdin=START + "<p class='lead'>Words.</p></section>")
    assert planpush("push", "--title", "API").code == 1 and server.pushes() == []
    assert planpush("push", "--title", "API", "--allow-warnings").code == 0
    planpush.put("risks")
    assert planpush("push").code == 0, "what the server took is not checked again"
    assert planpush("lint").code == 1


def test_a_warning_that_no_author_can_fix_stops_nothing(
    planpush: Planpush, server: FakeServer
) -> None:
    notice = {"field": "sections[0].html", "code": "diagram_engine_missing", "message": "None."}
    server.lint = [(200, {"errors": [], "warnings": [notice]}, {})] * 3
    assert planpush.put("api").text.endswith("\nwarning api diagram_engine_missing None.\n")
    done = planpush("lint")
    assert done.code == 0 and done.text.endswith("1 sections checked, 0 findings\n")
    assert planpush("push", "--title", "API").code == 0


def test_a_section_with_open_comments_is_not_dropped_unseen(
    pushed: Planpush, server: FakeServer
) -> None:
    server.sections[0]["open_threads"] = 3
    pushed("rm", "summary")
    done = pushed("push")
    assert done.code == 1
    assert "anchor_with_threads “summary” is gone, and open comments sit on it." in done.text
    assert "\nfix: if it was renamed, `put NEW --was OLD`; else answer" in done.text
    assert pushed("lint").code == 1
    assert pushed("lint", "--allow-warnings").code == 0
    pushed.put("overview", "Words.", "--was", "summary")
    assert pushed("lint").code == pushed("push").code == 0, "a rename takes the comments along"


def test_findings_that_a_push_was_let_through_with_name_their_section(
    planpush: Planpush, server: FakeServer
) -> None:
    planpush.put("summary")
    warning = {"field": "sections[0].html", "line": 2, "column": 1, "code": "x", "message": "M."}
    counts = {"plan": "tokens", "version": 1, "url": f"{server.address}/p/tokens"}
    server.script = [(201, counts | {"warnings": [warning]}, {})]
    done = planpush("push", "--title", "T", "--allow-warnings")
    assert "\nwarning summary 2:1 x M.\n" in done.text
