"""The helper's linter and the server's find the same, at the same place, in every document."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planpush.document.lint.linter import lint, review
from tests.plugin.conftest import ROOT, SCRIPTS

GOLDEN = ROOT / "tests" / "golden"
FILES = sorted(GOLDEN.glob("*/*.html"))
# As the helper itself runs: another process, without anything installed.
RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import linting
for line in sys.stdin:
    rows = linting.document([tuple(pair) for pair in json.loads(line)])
    names = ("error", "code", "line", "column", "message", "fix")
    print(json.dumps([[getattr(one, name) for name in names] for one in rows]))
"""
Row = list[object]


def of_helper(documents: list[list[tuple[str, str]]]) -> list[list[Row]]:
    lines = "\n".join(json.dumps(document) for document in documents)
    command = [sys.executable, "-S", "-c", RUN, str(SCRIPTS)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_server(document: list[tuple[str, str]]) -> list[Row]:
    rows: list[tuple[str, Row]] = []
    for error, kind in zip((True, False), lint(document), strict=True):
        for one in kind:
            place = [one.line or 1, one.column or 1]
            rows.append((one.field, [error, one.code, *place, one.message, one.fix]))
    return sorted((row for _, row in rows), key=json.dumps)


def pieces(path: Path) -> list[tuple[str, str]]:
    """Cut a golden document where its sections begin."""
    if path.parent.name == "bad":
        return [("topic", path.read_bytes().decode())]
    starts = [*re.finditer(r'^\s*<section class="pp-section" data-anchor="([^"]*)"',
                           path.read_text(), re.MULTILINE)]  # fmt: skip
    ends = [start.start() for start in starts[1:]] + [len(path.read_text())]
    return [
        (start[1], path.read_text()[start.start() : end])
        for start, end in zip(starts, ends, strict=True)
    ]


def same(documents: list[list[tuple[str, str]]]) -> list[list[Row]]:
    found = of_helper(documents)
    assert [sorted(rows, key=json.dumps) for rows in found] == [*map(of_server, documents)]
    return found


def test_golden_documents() -> None:
    documents = [pieces(path) for path in FILES]
    assert all(documents) and len(documents) > 50
    found = same(documents)
    bad = [rows for path, rows in zip(FILES, found, strict=True) if path.parent.name == "bad"]
    assert all(len(rows) == 1 for rows in bad)


def test_broken_golden_documents() -> None:
    chance = random.Random(11)
    documents = []
    for path in FILES:
        for anchor, html in pieces(path)[:6]:
            if len(html) < 20_000:
                documents += [[(anchor, broken(html, chance))] for _ in range(4)]
    assert sum(map(bool, same(documents))) > len(documents) / 2


def broken(html: str, chance: random.Random) -> str:
    """Take something out of a document, double it, or put something odd in its place."""
    at, size = chance.randrange(len(html)), chance.randrange(1, 30)
    odd = chance.choice(
        ["", html[at : at + size] * 2, "<", '"', "</p>", "<div>", "\x01", "é<b", "/>"]
    )
    return html[:at] + odd + html[at + size :]


@pytest.mark.parametrize("code", ["unclosed_tag", "too_deep"])
def test_what_the_servers_parser_guard_says_too(code: str) -> None:
    for path in sorted((GOLDEN / "bad").glob(f"{code}*.html")):
        document = pieces(path)
        guard = [[one.code, one.line, one.column, one.fix] for one in review(document)[0]]
        assert guard == [[row[1], row[2], row[3], row[5]] for row in of_helper([document])[0]]
