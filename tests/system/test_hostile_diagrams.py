"""Hostile Mermaid text in Chromium: nothing runs, nothing leaves (read in tests/document)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planpush.document.diagrams import renderer
from tests.document.hostile_diagrams import accepted, section
from tests.system.conftest import ASKED_BY_THE_PAGE
from tests.system.serving import Server

OUTSIDE = """() => document.querySelectorAll(
    "#pp-doc :is(script, foreignObject, style, image, a:not(.pin, .permalink))").length"""

CLICK = """(parts) => parts.map((part) => part.dispatchEvent(
    new MouseEvent("click", {bubbles: true, cancelable: true, composed: true}))).length"""
OPENS = "(parts) => parts.every((part) => [true, false].includes(part.open))"


@pytest.mark.browser
@pytest.mark.skipif(not renderer.is_installed(), reason="the extra diagrams is missing")
def test_nothing_runs_and_nothing_leaves(server: Server, visit: Callable[..., Any]) -> None:
    page = visit("alice", at="", viewport={"width": 1200, "height": 900})
    noted: list[str] = []
    page.on("dialog", lambda dialog: noted.append(dialog.message))
    for number, names in enumerate(accepted()):
        told = f"title=Diagrams&slug=hostile-{number}&visibility=published"
        pushed = server.push(section(number, names), told)
        assert pushed.status_code == 201, pushed.text
        page.goto(f"/p/{pushed.json()['plan']}", wait_until="load")
        listen = lambda request: noted.append(request.url)  # noqa: E731
        page.on("request", listen)
        assert page.evaluate(OUTSIDE) == 0
        parts = page.locator("#pp-doc svg g[data-anchor], #pp-doc summary")
        assert parts.evaluate_all(CLICK) > 30
        assert page.locator("#pp-doc details").evaluate_all(OPENS)
        assert page.locator("#pp-doc .pp-drawing > svg").count() >= len(names)
        page.wait_for_timeout(300)
        page.remove_listener("request", listen)
    assert [line for line in noted if not ASKED_BY_THE_PAGE.search(line)] == []
