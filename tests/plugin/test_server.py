"""The server as the helper meets it: status, plans, threads, and servers that are none."""

from __future__ import annotations

import json

from tests.plugin.conftest import Planpush
from tests.plugin.fake_server import TOKEN, FakeServer


def test_status_says_where_we_are_and_what_waits(pushed: Planpush, server: FakeServer) -> None:
    assert "waits to be pushed: nothing\n" in pushed("status").text
    server.sections[0]["open_threads"] = 3
    pushed.put("risks")
    done = pushed("status")
    assert done.code == 0
    assert f"server: {server.address} (from PLANPUSH_SERVER)" in done.text
    assert f"plan: tokens v1 {server.address}/p/tokens" in done.text
    assert "visibility: private\n" in done.text
    assert "open threads: 3; `threads` shows them" in done.text
    assert "waits to be pushed: risks (new)\n" in done.text
    pushed("rm", "risks")
    pushed("order", "data-model")
    assert "waits to be pushed: the new order of the sections\n" in pushed("status").text
    pushed.put("data-model", "Other words.")
    pushed("rm", "summary")
    waits = "waits to be pushed: data-model (changed), summary (removed)\n"
    assert waits in pushed("status").text


ADDRESSES = [
    ("", "planpush login https://"),
    ("plans.example.com", "set PLANPUSH_SERVER"),
    ("ftp://plans.example.com", "set PLANPUSH_SERVER"),
    ("http://plans.example.com/x", "use https://plans.example.com/x; plain http"),
    ("http://127.0.0.1.example.com", "use https://127.0.0.1.example.com; plain http"),
    ("https://user@plans.example.com", "set PLANPUSH_SERVER"),
]


def test_no_server_is_2_with_the_fix(planpush: Planpush) -> None:
    for address, fix in ADDRESSES:
        done = planpush("status", PLANPUSH_SERVER=address)
        assert done.code == 2, (address, fix)
        assert f"\nfix: {fix}" in done.text


def test_stored_server_and_token(planpush: Planpush, server: FakeServer) -> None:
    folder = planpush.home / ".planpush"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"server": server.address, "token": TOKEN}))
    assert planpush("plans", PLANPUSH_SERVER="", PLANPUSH_TOKEN="").code == 0
    (folder / "config.json").write_text(json.dumps({"server": "http://a.test", "token": TOKEN}))
    assert planpush("plans", PLANPUSH_TOKEN="").code == 2
    assert "authorization" not in server.seen[-1].headers
