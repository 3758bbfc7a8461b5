"""What the server's linter says about drafts before they are pushed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List

import answers
import problems
from client import Server
from stop import UNREACHABLE, Stop


@dataclass(frozen=True)
class Findings:
    """How many there are, and the lines that say where they are and what fixes them.

    A warning without a fix (the server draws no diagrams) is told, but does not count.
    """

    errors: int
    warnings: int
    lines: List[str]


def check(server: Server, body: Dict[str, Any]) -> Findings:
    """Ask the server about the body of a push, which it does not store.

    Raises `Stop` when nothing was checked.
    """
    answer = server.lint(body)
    if answer.status == 405 or (answer.status == 404 and not body.get("plan")):
        fix = "fix: ask the server's operator to update planpush"
        raise Stop(UNREACHABLE, f"{server.address} has no linter ({answer.status})", fix)
    anchors = [one["anchor"] for one in body["sections"]]
    data = problems.must(server, answer, anchors).data
    errors, warnings = answers.records(data, "errors"), answers.records(data, "warnings")
    lines = [problems.finding(one, anchors) for one in errors]
    lines += ["warning " + problems.finding(one, anchors) for one in warnings]
    lines += problems.own_fixes([*errors, *warnings])
    return Findings(len(errors), sum(bool(one.get("fix")) for one in warnings), lines)
