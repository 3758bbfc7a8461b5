"""The whole walk: ask, allow in a browser, fetch, use, renew, give back."""

from __future__ import annotations

from typing import Any

from tests.terminal import Terminal


def test_a_terminal_signs_in_renews_and_signs_out(app: Any, browser: Any) -> None:
    terminal, alice = Terminal(app), browser("alice")
    assert terminal.ask(device_name="laptop").status_code == 200
    waiting = terminal.poll()
    assert (waiting.status_code, waiting.json["error"]) == (400, "authorization_pending")
    typed = {"user_code": terminal.asked["user_code"].lower()}
    consent = alice.send("POST", "/activate", typed, htmx=False)
    assert "laptop" in consent.text
    assert "planpush" in consent.text
    assert terminal.allow(alice).status_code == 200
    first = terminal.poll().json
    assert terminal.use() == 200
    assert terminal.renew().status_code == 200
    assert terminal.use() == 200
    assert terminal.revoke(terminal.got["refresh_token"]).status_code == 200
    assert terminal.use() == terminal.use(token=first["access_token"]) == 401
