"""The helper's and the skill's classes, and the rules of the lint, are the server's.

Regenerate them after a change: `python -m tests.plugin.test_vocabulary`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import ROOT, SCRIPTS, Planpush

SERVER = ROOT / "planpush" / "document" / "vocabulary.json"
HELPER = SCRIPTS / "vocabulary.json"
RULES = ROOT / "planpush" / "document" / "lint" / "rules"
CHECKS = SCRIPTS / "checks"
REFERENCE = SCRIPTS.parent / "reference" / "vocabulary.md"
SKILL = (SCRIPTS.parent / "SKILL.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```html\n(.*?)^```", SKILL, re.DOTALL | re.MULTILINE)


def of_server() -> dict[str, list[str]]:
    """Return what the helper needs of the server's vocabulary."""
    source: dict[str, Any] = json.loads(SERVER.read_text(encoding="utf-8"))
    classes = {name for component in source["components"] for name in component["classes"]}
    elements = source["elements"]["html"] + source["elements"]["svg"]
    return {
        "classes": sorted(classes | set(source["utilities"])),
        "elements": sorted({name.lower() for name in elements}),
        "icons": sorted(source["icons"]),
    }


def test_the_helper_has_the_servers_vocabulary() -> None:
    if not SERVER.exists():
        pytest.skip("the server has no vocabulary.json yet")
    found = json.loads(HELPER.read_text(encoding="utf-8"))
    assert found == of_server(), "run: python -m tests.plugin.test_vocabulary"


def rules(folder: Path) -> dict[str, str]:
    """Return the modules of the linter's rules."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}


def reference() -> str:
    """Return the vocabulary as the agent reads it: each component, its words, an example."""
    source: dict[str, Any] = json.loads(SERVER.read_text(encoding="utf-8"))
    parts = ["# Vocabulary", "", "Made from the server's vocabulary: these classes and no others."]
    for part in source["components"]:
        classes = ", ".join(f"`{name}`" for name in part["classes"]) or "those of its parts"
        parts += ["", f"## {part['name']}", "", part["purpose"], "", f"- Classes: {classes}"]
        parts += [f"- Holds: {part['children']}", "", "```html", part["example"], "```"]
    parts += ["", "## Anywhere", ""]
    parts += [f"- `{name}`: {purpose}" for name, purpose in source["utilities"].items()]
    parts += [
        "",
        "## Elements",
        "",
        " ".join(source["elements"]["html"] + source["elements"]["svg"]),
    ]
    parts += ["", "## Icons", "", ", ".join(source["icons"])]
    return "\n".join(parts) + "\n"


def test_the_helper_has_the_servers_rules() -> None:
    assert rules(CHECKS) == rules(RULES), "run: python -m tests.plugin.test_vocabulary"


def test_the_reference_is_current() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference()
    assert f"reference/{REFERENCE.name}" in SKILL


def test_the_skill_names_every_component_or_where_it_is() -> None:
    shown = set(" ".join(re.findall(r'class="([^"]*)"', "".join(EXAMPLES))).split())
    wanted = {name for name in of_server()["classes"] if name.startswith("pp-")}
    named = set(re.findall(r"`([a-z0-9-]+)`", REFERENCE.read_text(encoding="utf-8")))
    assert wanted <= named
    assert len(wanted & shown) > len(wanted) * 0.6


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_passes_the_lint(planpush: Planpush, example: str) -> None:
    wrapped = f'<section class="pp-section" data-anchor="intro"><h2>X</h2>{example}</section>'
    html = example if 'data-anchor="intro"' in example else wrapped
    done = planpush("put", "intro", stdin=html)
    assert done.code == 0
    assert "warning" not in done.text


def test_icons_that_the_skill_names_exist() -> None:
    named = re.search(r"^Icons: ([a-z0-9, -]+)\.$", SKILL, re.MULTILINE)
    assert named
    assert set(named[1].split(", ")) <= set(of_server()["icons"])


if __name__ == "__main__":
    HELPER.write_text(json.dumps(of_server(), indent=1) + "\n", encoding="utf-8")
    REFERENCE.parent.mkdir(exist_ok=True)
    REFERENCE.write_text(reference(), encoding="utf-8")
    CHECKS.mkdir(exist_ok=True)
    for path in CHECKS.glob("*.py"):
        path.unlink()
    for name, text in rules(RULES).items():
        (CHECKS / name).write_text(text, encoding="utf-8")
