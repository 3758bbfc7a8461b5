"""The helper's and the skill's classes are the server's.

Regenerate the helper's list after a change: `python -m tests.plugin.test_vocabulary`.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.plugin.conftest import ROOT, SCRIPTS, Planpush

SERVER = ROOT / "planpush" / "content" / "vocabulary.json"
HELPER = SCRIPTS / "vocabulary.json"
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


def test_the_skill_shows_every_component() -> None:
    shown = set(" ".join(re.findall(r'class="([^"]*)"', "".join(EXAMPLES))).split())
    wanted = {name for name in of_server()["classes"] if name.startswith("pp-")}
    assert wanted - shown <= {"pp-block", "pp-h", "pp-two"}


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
