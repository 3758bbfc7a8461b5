"""docs/lint.md has every code; renew its table with `python -m tests.document.test_lint_docs`."""

from __future__ import annotations

import re
from pathlib import Path

from planpush.document.findings import CODES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lint.md"
MARK = "<!-- codes: python -m tests.document.test_lint_docs -->\n"


def table() -> str:
    rows = ["| code | severity | what | fix |", "|---|---|---|---|"]
    for name, code in CODES.items():
        rows.append(f"| `{name}` | {code.severity} | {shown(code.message)} | {shown(code.fix)} |")
    return "\n".join(rows) + "\n"


def shown(pattern: str) -> str:
    """Return a pattern as Markdown text."""
    text = re.sub(r"\{\d\}", "…", pattern)
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("|", "&#124;")


def test_the_table_is_current() -> None:
    assert PAGE.read_text().split(MARK)[1] == table()


def test_the_catalogue_speaks_plainly() -> None:
    for name, code in CODES.items():
        assert re.fullmatch("[a-z]+(_[a-z]+)*", name)
        assert code.message.endswith((".", "?")) and code.severity in ("error", "warning")
        assert code.fix or name == "diagram_engine_missing"


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text().split(MARK)[0] + MARK + table())
