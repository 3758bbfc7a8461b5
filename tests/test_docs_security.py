"""docs/security.md: every test that it calls as a witness exists, and every threat has one."""

from __future__ import annotations

import re

from planpush.paths import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text()
WITNESS = re.compile(r"`([\w/]+\.py): (test_\w+)`")
THREATS = TEXT.split("## Threats, and what stops them")[1].split("\n## ")[0]
ROWS = [line for line in THREATS.splitlines() if re.match(r"\| (?!threat|---)", line)]


def test_every_threat_has_a_witness() -> None:
    assert len(ROWS) > 35
    assert [row for row in ROWS if not WITNESS.search(row.split(" | ")[-1])] == []


def test_every_witness_exists() -> None:
    named = WITNESS.findall(THREATS)
    assert len(named) >= len(ROWS)
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(), f"{file}: {test}"


def test_one_function_lets_html_through() -> None:
    modules = (ROOT / "planpush").rglob("*.py")
    found = [str(path.relative_to(ROOT)) for path in modules if "Markup(" in path.read_text()]
    assert found == ["planpush/web/templates.py"] and found[0] in TEXT
