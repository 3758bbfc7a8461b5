"""The examples of docs/push.md, sent to the real application."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.people import Browser
from tests.plugin.conftest import ROOT

TEXT = (ROOT / "docs" / "push.md").read_text(encoding="utf-8")
NEW, NEXT, ANSWER = re.findall(r"^```json\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def test_the_examples_work_in_their_order(
    agent: Callable[..., Any], browser: Callable[[str], Browser]
) -> None:
    first = agent("alice", "POST", "/api/push", json=json.loads(NEW))
    assert (first.status_code, first.json["plan"]) == (201, "invoice-queue")
    opened = {"body": "Two?", "anchor": "data-model", "quote": "One table."}
    sent = browser("alice").send("POST", "/p/invoice-queue/threads", opened)
    assert sent.status_code == 201
    thread = agent("alice", "GET", "/api/plans/invoice-queue/threads").json["threads"][0]
    following = json.loads(NEXT)
    following["responses"][0]["thread"] = thread["id"]
    second = agent("alice", "POST", "/api/push", json=following)
    assert (second.status_code, second.json["version"]) == (201, 2)
    assert second.json["sections"] == json.loads(ANSWER)["sections"]
    assert set(second.json) == set(json.loads(ANSWER))


def test_every_refusal_has_the_type_that_is_documented(agent: Callable[..., Any]) -> None:
    refused = agent("alice", "POST", "/api/push", json={"sections": []})
    assert "`urn:planpush:problem:<code>`" in TEXT
    assert refused.json["type"] == f"urn:planpush:problem:{refused.json['code']}"
    assert f"`{refused.json['code']}`" in TEXT
