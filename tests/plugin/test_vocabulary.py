"""The vocabulary that the skill teaches is the server's, and its examples pass the linter.

Regenerate the reference after a change: `python -m tests.plugin.test_vocabulary`.
"""

from __future__ import annotations

import json
import re

import pytest

from planpush.document import vocabulary
from planpush.document.lint.linter import lint
from tests.plugin.conftest import ROOT, SCRIPTS

SOURCE = json.loads((ROOT / "planpush/document/vocabulary.json").read_text(encoding="utf-8"))
REFERENCE = SCRIPTS.parent / "reference" / "vocabulary.md"
SKILL = (SCRIPTS.parent / "SKILL.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```html\n(.*?)^```", SKILL, re.DOTALL | re.MULTILINE)


def reference() -> str:
    """Return the vocabulary as the agent reads it: each component, its words, an example."""
    parts = ["# Vocabulary", "", "Made from the server's vocabulary: these classes and no others."]
    for part in SOURCE["components"]:
        classes = ", ".join(f"`{name}`" for name in part["classes"]) or "those of its parts"
        parts += ["", f"## {part['name']}", "", part["purpose"], "", f"- Classes: {classes}"]
        parts += [f"- Holds: {part['children']}", "", "```html", part["example"], "```"]
    parts += ["", "## Anywhere", ""]
    parts += [f"- `{name}`: {purpose}" for name, purpose in SOURCE["utilities"].items()]
    elements = " ".join(SOURCE["elements"]["html"] + SOURCE["elements"]["svg"])
    parts += ["", "## Elements", "", elements, "", "## Icons", "", ", ".join(SOURCE["icons"])]
    return "\n".join(parts) + "\n"


def test_the_reference_is_current() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference()
    assert f"reference/{REFERENCE.name}" in SKILL


def test_the_skill_names_every_component_or_where_it_is() -> None:
    shown = set(" ".join(re.findall(r'class="([^"]*)"', "".join(EXAMPLES))).split())
    wanted = {name for name in vocabulary.CLASSES if name.startswith("pp-")}
    named = set(re.findall(r"`([a-z0-9-]+)`", REFERENCE.read_text(encoding="utf-8")))
    assert wanted <= named
    assert len(wanted & shown) > len(wanted) * 0.6


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_passes_the_linter(example: str) -> None:
    wrapped = f'<section class="pp-section" data-anchor="intro"><h2>X</h2>{example}</section>'
    html = example if 'data-anchor="intro"' in example else wrapped
    assert lint([("intro", html.strip())]) == ([], [])


def test_icons_that_the_skill_names_exist() -> None:
    named = re.search(r"^Icons: ([a-z0-9, -]+)\.$", SKILL, re.MULTILINE)
    assert named
    assert set(named[1].split(", ")) <= vocabulary.ICONS


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
