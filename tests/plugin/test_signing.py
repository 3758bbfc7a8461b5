"""Signing in: the device grant with every answer that a server may give."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.plugin.conftest import Planpush
from tests.plugin.fake_server import DROP, INFO, TOKEN, FakeServer
from tests.plugin.terminals import PAGE, PENDING, asked, fixed, pair, sign_in, stored


def test_the_code_is_shown_again_and_polled_at_its_pace(
    terminal: Planpush, server: FakeServer
) -> None:
    server.oauth = [asked(server), PENDING, PENDING, (503, "<p>Busy</p>", {}), DROP]
    first = terminal("login")
    assert first.text.startswith(f"open {server.address}/activate?user_code=BCDF-GHJK\n")
    assert terminal("login").text == first.text
    assert fixed(
        terminal("login", "--wait", "--timeout", "0"), 2, "run planpush login --wait again"
    )
    server.oauth.append(pair(server, 1))
    done = terminal("login", "--wait")
    assert done.text.startswith(f"signed in at {server.address} (this machine as ")
    assert done.text.endswith(", plans:read plans:write)\n")
    form = server.to("/oauth/device_authorization")[0].body
    assert form["client_id"] == "planpush-cli" and 0 < len(form["device_name"]) <= 60
    assert {one.body["device_code"] for one in server.to("/oauth/token")} == {"d" * 40}
    assert terminal("login").text == terminal("login", "--wait").text == done.text


def test_slow_down_makes_the_pauses_longer(terminal: Planpush, server: FakeServer) -> None:
    server.oauth = [asked(server), (400, {"error": "slow_down"}, {})]
    terminal("login")
    assert terminal("login", "--wait", "--timeout", "0.5").code == 2
    assert stored(terminal)["waiting"]["interval"] == 5
    assert terminal("login", "--wait", "--timeout", "0").code == 2
    assert len(server.to("/oauth/token")) == 1, "it is too soon to ask again"


@pytest.mark.parametrize("word", ["expired_token", "access_denied", "invalid_grant"])
def test_a_code_that_is_over(terminal: Planpush, server: FakeServer, word: str) -> None:
    server.oauth = [asked(server), (400, {"error": word}, {})]
    terminal("login")
    assert fixed(terminal("login", "--wait"), 2, "planpush login, for a new code")
    assert fixed(terminal("login", "--wait"), 2, "planpush login")
    server.oauth = [asked(server, user_code="WXYZ-WXYZ")]
    assert "WXYZ-WXYZ" in terminal("login").text


ODD = [
    (PAGE, 2),
    ((302, {}, {"Location": "http://hotel.test/\x1b[2J"}), 2),
    ((502, "<html>", {}), 2),
    ((429, {}, {"Retry-After": "9"}), 1),
    ((400, {"error": "invalid_client\x1b[2J", "error_description": "x\nfix: y"}, {}), 2),
    ((200, {"device_code": "x"}, {}), 2),
    (
        (
            200,
            {"device_code": "x", "user_code": "A\nfix: B", "verification_uri": "http://a"},
            {},
        ),
        2,
    ),
    (DROP, 2),
]


def test_odd_answers_to_the_first_question(terminal: Planpush, server: FakeServer) -> None:
    for answer, code in ODD:
        server.oauth = [answer]
        done = terminal("login")
        assert done.code == code and len(done.text.strip().splitlines()) == 2, (answer, code)
        assert "\x1b" not in done.text and "\nfix: " in done.text


def test_login_checks_and_remembers_the_server(terminal: Planpush, server: FakeServer) -> None:
    config = terminal.home / ".planpush" / "config.json"
    for odd in (
        (200, {"name": "other", "api": 1}, {}),
        PAGE,
        (404, {}, {}),
        (200, INFO | {"api": 2}, {}),
    ):
        server.script = [odd]
        assert terminal("login", server.address, PLANPUSH_SERVER="").code in (1, 2)
        assert not config.exists()
    assert "plain http" in terminal("login", "http://plans.test", PLANPUSH_SERVER="").text
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps({"server": "https://old.test", "token": "ppt_of_another"}))
    server.oauth = [asked(server)]
    done = terminal("login", server.address.upper() + "/", PLANPUSH_SERVER="")
    assert done.code == 0, done.text
    assert json.loads(config.read_text()) == {"server": server.address}
    assert "ppt_of" not in str(server.seen)
    other = terminal("login", server.address, PLANPUSH_SERVER="https://else.test")
    assert fixed(other, 1, "unset PLANPUSH_SERVER")


def test_the_plugins_own_server_is_asked_last(
    terminal: Planpush, server: FakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    terminal("version")
    import settings  # the helper's, loaded by then

    baked = tmp_path / "server.json"
    baked.write_text(json.dumps({"server": server.address}))
    monkeypatch.setattr(settings, "BAKED", str(baked))
    assert (
        f"server: {server.address} (from the plugin)" in terminal("status", PLANPUSH_SERVER="").text
    )
    assert f"not signed in at {server.address}" in terminal("status", PLANPUSH_SERVER="").text
    named = json.dumps({"server": f"{server.address}/plans/"})
    (terminal.home / ".planpush" / "config.json").write_text(named)
    assert f"server: {server.address}/plans (from ~/" in terminal("status", PLANPUSH_SERVER="").text


def test_logout_forgets_also_when_the_server_is_away(
    terminal: Planpush, server: FakeServer
) -> None:
    sign_in(terminal, server)
    server.oauth = [(200, {}, {})]
    assert terminal("logout").text == f"signed out of {server.address}\n"
    assert server.to("/oauth/revoke")[0].body["token"] == "ppr_1"
    assert terminal("logout").text == f"not signed in at {server.address}\n"
    for away in (DROP, (502, "<html>", {}), (404, {}, {})):
        sign_in(terminal, server)
        server.oauth = [away]
        done = terminal("logout")
        assert done.code == 0 and "forgotten here only\nfix: end it on the page" in done.text
        assert stored(terminal) == {}
    assert "unset PLANPUSH_TOKEN" in terminal("logout", PLANPUSH_TOKEN=TOKEN).text


def test_nothing_secret_is_printed_and_files_are_private(
    terminal: Planpush, server: FakeServer
) -> None:
    server.oauth = [asked(server), PENDING, pair(server, 1), (200, {}, {})]
    runs = ("login",), ("login", "--wait"), ("status",), ("login",), ("plans",), ("logout",)
    said = "".join(terminal(*run).text for run in runs)
    assert not [secret for secret in ("ppa_", "ppr_", "d" * 40) if secret in said]
    for path in (terminal.home / ".planpush").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_damaged_file_is_named_and_login_mends_it(terminal: Planpush, server: FakeServer) -> None:
    sign_in(terminal, server)
    file = terminal.home / ".planpush" / "credentials.json"
    for damage in ("{", "[]", '{"servers": []}', "\x00", '{"servers": {"x": 1}}'):
        file.write_text(damage)
        done = terminal("plans")
        assert done.code == 2 and "fix: planpush login" in done.text, damage
        assert terminal("plans", PLANPUSH_TOKEN="ppa_1").code == 0, "a token that is set is enough"
        sign_in(terminal, server)
        assert terminal("plans").code == 0
    file.write_text("{")
    assert terminal("logout").code == 0 and stored(terminal) == {}


def test_a_token_that_is_set_goes_to_no_server_that_somebody_names(
    planpush: Planpush, server: FakeServer
) -> None:
    config = planpush.home / ".planpush" / "config.json"
    config.parent.mkdir()
    config.write_text('{"server": "https://plans.test"}')
    done = planpush("login", server.address, PLANPUSH_SERVER="")
    assert done.code == 1 and "it is for https://plans.test\nfix: unset PLANPUSH" in done.text
    assert server.seen == [] and "plans.test" in config.read_text()
    config.unlink()
    first = planpush("login", server.address, PLANPUSH_SERVER="")
    assert first.text == f"signed in at {server.address} (with PLANPUSH_TOKEN)\n"
