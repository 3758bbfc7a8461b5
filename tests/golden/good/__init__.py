"""Documents without a fault: one for each component of the vocabulary, and the files beside it."""

from __future__ import annotations

from pathlib import Path

from planpush.document.vocabulary import COMPONENTS

FILES = Path(__file__).parent


def good() -> dict[str, str]:
    """Return every good document by its name."""
    made = {
        part.name: f'<section class="pp-section" data-anchor="{part.name}"><h2>{part.name.title()}'
        f"</h2><p>{part.purpose}</p>{_inside(part.example)}</section>"
        for part in COMPONENTS
    }
    return made | {path.stem: path.read_text() for path in sorted(FILES.glob("*.html"))}


def _inside(example: str) -> str:
    """A section's example is a section already; its words stand in the one above."""
    if not example.startswith('<section class="pp-section"'):
        return example
    return example[example.index(">") + 1 : example.rindex("</section>")].replace("h2>", "h3>")
