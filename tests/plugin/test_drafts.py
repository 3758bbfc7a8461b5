"""The drafts of a conversation: put, append, order, rm, outline, and the files they live in."""

from __future__ import annotations

import stat
import subprocess
import sys

from tests.plugin.conftest import SCRIPTS, Planpush, section
from tests.plugin.fake_server import TOKEN, FakeServer


def anchors(planpush: Planpush) -> list[str]:
    """Return the anchors of the outline."""
    return [line.split(":")[0] for line in planpush("outline").text.splitlines()]


def test_long_section_is_appended(planpush: Planpush, server: FakeServer) -> None:
    whole = section("api", "First part.").replace("</section>", "<p>Second part.</p></section>")
    first, second = whole.split("<p>Second")
    assert planpush("put", "api", stdin=first).code == 0
    assert planpush("put", "api", "--append", stdin="<p>Second" + second).code == 0
    planpush("push", "--title", "API")
    sent = server.pushes()[0].body["sections"][0]["html"]
    assert "First part." in sent and sent.endswith("<p>Second part.</p></section>")


def test_removing_a_section_with_comments_warns(pushed: Planpush, server: FakeServer) -> None:
    server.sections[1]["open_threads"] = 2
    assert "data-model: as in v1, 2 open comments" in pushed("outline").text
    removed = pushed("rm", "data-model")
    assert "it has 2 open comments" in removed.text
    assert "put NEW --was data-model" in removed.text
    assert "data-model: removed, 2 open comments" in pushed("outline").text


def test_conversations_do_not_share_drafts(planpush: Planpush) -> None:
    planpush.put("summary")
    other = Planpush(planpush.home, planpush.server, {"CLAUDE_CODE_SESSION_ID": "../other"})
    other.put("risks")
    assert anchors(planpush) == ["summary"]
    assert anchors(other) == ["risks"]


def test_files_are_for_their_owner_only(planpush: Planpush) -> None:
    folder = planpush.home / ".planpush"
    folder.mkdir(mode=0o777)
    planpush.put("summary")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert len(list(folder.rglob("*.json"))) == 1


def test_commands_side_by_side_lose_nothing(planpush: Planpush) -> None:
    environment = {"HOME": str(planpush.home), "PLANPUSH_SERVER": planpush.server}
    names = ["alpha", "beta", "gamma", "delta", "epsilon"]
    runs = []
    for name in names:
        command = [sys.executable, "-B", "-S", str(SCRIPTS / "planpush.py"), "put", name]
        pipe = subprocess.PIPE
        run = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment)
        assert run.stdin
        run.stdin.write(section(name, "Words.").encode())
        run.stdin.close()
        runs.append(run)
    for run in runs:
        assert run.stdout and run.stdout.read() and run.wait() == 0
        run.stdout.close()
    assert sorted(anchors(planpush)) == sorted(names)


def test_the_token_is_never_printed_or_stored(pushed: Planpush) -> None:
    said = "".join(pushed(verb).text for verb in ("status", "outline", "push", "threads", "plans"))
    files = [path for path in pushed.home.rglob("*") if path.is_file()]
    assert TOKEN not in said + "".join(path.read_text() for path in files)
