"""Whatever goes wrong: one clear line, the next step, the right exit code, nothing lost here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import Planpush, section
from tests.plugin.fake_server import Answer, FakeServer

PROBLEM = {"type": "urn:planpush:problem:x", "detail": "No."}
TOO_LARGE = {"code": "too_large", "detail": "The document is larger than 5 MiB."}
HOTEL = {"Location": "http://hotel.test/sign-in"}
SLOW = {"Retry-After": "30"}
TROUBLE: list[tuple[Answer, int, str]] = [
    ((400, PROBLEM, {}), 1, "run the verb with --help"),
    ((401, "<html>proxy", {}), 2, "unset PLANPUSH_TOKEN and run planpush login"),
    ((403, PROBLEM, {}), 1, "ask the plan's owner"),
    ((403, {"code": "insufficient_scope"}, {}), 1, "the token needs plans:read, plans:write and"),
    ((404, PROBLEM, {}), 1, "`plans` lists"),
    ((409, {"code": "conflict", "detail": "Again."}, {}), 1, "run the same command again"),
    ((413, TOO_LARGE, {}), 1, "split the plan in two"),
    ((413, "<html>nginx</html>", {}), 1, "split the plan in two"),
    ((415, PROBLEM, {}), 1, "the helper is older than the server"),
    ((429, PROBLEM, SLOW | {"Retry-After": "300"}), 1, "run the same command again in 301 seconds"),
    ((500, "<html>Oops</html>", {}), 2, "run the same command again in a minute"),
    ((200, "<html>Welcome</html>", {}), 2, "set PLANPUSH_SERVER"),
    ((200, "<html>Welcome</html>", {"ETag": '"1"'}), 2, "set PLANPUSH_SERVER"),
    ((204, "", {}), 2, "check PLANPUSH_SERVER"),
    ((302, "", HOTEL), 2, "if this network has a sign-in page"),
    ((407, "<html>proxy</html>", {}), 1, "if the reason does not say"),
]


@pytest.mark.parametrize(("answer", "code", "fix"), TROUBLE)
def test_every_refusal_of_a_push(
    pushed: Planpush, server: FakeServer, answer: Answer, code: int, fix: str
) -> None:
    pushed.put("summary", "Mine.")
    server.script = [answer]
    done = pushed("push")
    lines = done.text.splitlines()
    assert done.code == code, done.text
    assert len(lines) == 2 and lines[1].startswith(f"fix: {fix}"), done.text
    assert "<html" not in done.text
    server.script = []
    assert "waits to be pushed: summary (changed)" in pushed("status").text
    assert "pushed v2" in pushed("push").text


def test_offline_keeps_the_document(planpush: Planpush) -> None:
    planpush.server = "http://127.0.0.1:1"
    planpush.put("summary")
    done = planpush("push", "--title", "T")
    assert done.code == 2 and done.text.startswith("no answer from http://127.0.0.1:1: [Errno")
    assert done.text.splitlines()[1].startswith("fix: check that the server runs")
    assert "summary: new" in planpush("outline").text


def test_a_full_disk_keeps_what_was_there(pushed: Planpush) -> None:
    pushed.put("summary", "First.")
    pushed.python, pushed.before = sys.executable, ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh"]
    done = pushed.put("summary", "Second.")
    assert done.code == 1 and "bytes" not in done.text
    assert done.text.splitlines()[-1].startswith("fix: make room on the disk")
    pushed.python = ""
    assert "First." in pushed("show", "summary").text
    assert not list((pushed.home / ".planpush").rglob(".new-*"))


@pytest.mark.parametrize("where", ["file", "/proc"])
def test_a_home_that_cannot_be_written(planpush: Planpush, tmp_path: Path, where: str) -> None:
    home = tmp_path / "file"
    home.write_text("")
    for verb in (["put", "summary"], ["login"], ["status"]):
        done = planpush(
            *verb, stdin=section("summary", "x"), HOME=str(home) if where == "file" else where
        )
        assert done.code == 1, done.text
        assert done.text.splitlines()[-1] == "fix: make the folder ~/.planpush writable for you"
        assert done.text.splitlines()[-2].startswith("this machine refused: [Errno ")
