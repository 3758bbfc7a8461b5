"""docs/vocabulary.md has every component; `python -m tests.test_docs_vocabulary` renews it."""

from __future__ import annotations

from html import escape

from planpush.document.vocabulary import COMPONENTS, UTILITIES
from planpush.paths import ROOT

PAGE = ROOT / "docs" / "vocabulary.md"
MARK = "<!-- components: python -m tests.test_docs_vocabulary -->\n"


def table() -> str:
    rows = ["| component | what it is for | its class |", "|---|---|---|"]
    for part in COMPONENTS:
        rows.append(f"| {part.name} | {escape(part.purpose)} | {classes(part.classes)} |")
    rows += ["", "## Anywhere", "", "| class | what it does |", "|---|---|"]
    rows += [f"| `{name}` | {escape(told.split(':')[0])} |" for name, told in UTILITIES.items()]
    return "\n".join(rows) + "\n"


def classes(names: tuple[str, ...]) -> str:
    """Return the classes that are the component's own; those of its parts stand on the page."""
    return ", ".join(f"`{name}`" for name in names if name.startswith("pp-")) or f"`{names[0]}`"


def test_the_page_is_current() -> None:
    assert PAGE.read_text().split(MARK)[1] == table(), "python -m tests.test_docs_vocabulary"


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text().split(MARK)[0] + MARK + table())
