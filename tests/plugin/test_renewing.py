"""Renewing a sign-in: in time, once, and never with a token that went out before."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.plugin.conftest import Planpush
from tests.plugin.fake_server import DROP, Answer, FakeServer
from tests.plugin.terminals import PAGE, fixed, pair, sign_in, stored


def test_tokens_are_renewed_in_time_and_when_refused(
    terminal: Planpush, server: FakeServer
) -> None:
    sign_in(terminal, server, lasts=50)
    server.oauth = [pair(server, 2)]
    assert terminal("plans").code == 0, "fifty seconds are too few: it is renewed first"
    form = server.to("/oauth/token")[0].body
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "ppr_1")
    assert terminal("plans").code == 0 and len(server.to("/oauth/token")) == 1
    server.oauth = [pair(server, 3)]  # the server takes ppa_3 from now on: ppa_2 is refused
    assert terminal("plans").code == 0
    assert [one.headers.get("authorization") for one in server.seen[-3:]] == [
        "Bearer ppa_2", None, "Bearer ppa_3",
    ]  # fmt: skip


def test_a_clock_that_is_wrong_costs_one_renewal(terminal: Planpush, server: FakeServer) -> None:
    sign_in(terminal, server)
    file = terminal.home / ".planpush" / "credentials.json"
    data = json.loads(file.read_text())
    for shift in (-(10**7), 10**7):  # ours was set back, or far ahead
        data["servers"][server.address]["expires_at"] += shift
        file.write_text(json.dumps(data))
        server.oauth = [pair(server, 2)]
        assert terminal("plans").code == 0
        assert abs(stored(terminal)["expires_at"] - time.time() - 3600) < 100 or shift > 0
        data = json.loads(file.read_text())


@pytest.mark.parametrize(
    ("answer", "signed_out"),
    [
        ((400, {"error": "invalid_grant"}, {}), True),
        (DROP, True),
        ((504, "<html>", {}), True),
        ((502, "<html>", {}), False),
        ((503, {"error": "temporarily_unavailable"}, {}), False),
        ((429, {}, {"Retry-After": "5"}), False),
        (PAGE, False),
        ((302, {}, {"Location": "http://hotel.test"}), False),
        ((200, {"access_token": "a b"}, {}), False),
    ],
)
def test_a_refresh_token_is_never_sent_twice_unless_it_was_refused_unused(
    terminal: Planpush, server: FakeServer, answer: Answer, signed_out: bool
) -> None:
    sign_in(terminal, server, lasts=1)
    server.oauth = [answer]
    done = terminal("plans")
    assert done.code in (1, 2) and len(done.text.strip().splitlines()) == 2
    assert fixed(done, 2, "planpush login") == signed_out
    server.oauth = [pair(server, 2)]
    assert terminal("plans").code == (2 if signed_out else 0)
    assert len(server.to("/oauth/token")) == (1 if signed_out else 2)


@pytest.mark.parametrize("way", ["refused", "tunnel"])
def test_a_refresh_token_that_never_left_is_kept(
    terminal: Planpush, server: FakeServer, way: str
) -> None:
    sign_in(terminal, server, lasts=1)
    file = terminal.home / ".planpush" / "credentials.json"
    proxy, there = server.address, "https://plans.test"
    terminal.server = "http://127.0.0.1:1" if way == "refused" else there
    file.write_text(file.read_text().replace(proxy, terminal.server))
    before = stored(terminal)
    done = terminal("plans", HTTPS_PROXY=proxy, https_proxy=proxy, no_proxy="", NO_PROXY="")
    assert done.code == 2 and done.text.startswith(f"no answer from {terminal.server}: ")
    assert "\nfix: check that the server runs" in done.text
    assert stored(terminal) == before


def test_commands_side_by_side_renew_once(terminal: Planpush, server: FakeServer) -> None:
    sign_in(terminal, server, lasts=1)
    server.oauth = [pair(server, 2)]
    terminal("version")
    import credentials  # the helper's

    found: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(terminal.home))
        threads = [
            threading.Thread(target=lambda: found.append(credentials.current(server.address)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["ppa_2"] * 8
    assert len(server.to("/oauth/token")) == 1
