"""The samples: without a fault in any version, and the first of them shows all that there is."""

from __future__ import annotations

import json
import re

import pytest

from planpush.document import vocabulary
from planpush.document.lint.linter import lint
from planpush.paths import SAMPLES

CLASS = re.compile(r'class="([^"]*)"')
SHOWN = "auth-service-redesign"
# Written by the server around a diagram; or for what no sample of one subject needs.
DRAWN = {"pp-drawing", "pp-source"}
SPARE = {"pp-h": "a heading's look", "pp-block": "a plain box"}


def versions(slug: str) -> list[dict[str, str]]:
    """The sections of each version of a sample, whole: a version keeps what it does not bring."""
    made: list[dict[str, str]] = []
    plan = json.loads((SAMPLES / slug / "plan.json").read_text())
    for number, version in enumerate(plan["versions"], 1):
        kept = made[-1] if made else {}
        here = {path.stem: path.read_text() for path in (SAMPLES / slug / f"v{number}").iterdir()}
        made.append({anchor: (kept | here)[anchor] for anchor in version["sections"]})
    return made


def used(html: str) -> set[str]:
    return {word for words in CLASS.findall(html) for word in words.split()}


@pytest.mark.parametrize("slug", ["auth-service-redesign", "image-pipeline"])
def test_no_version_of_a_sample_has_anything_to_mend(slug):
    for version in versions(slug):
        assert lint(list(version.items())) == ([], [])


def test_the_newest_version_of_the_shown_sample_uses_every_component():
    words = used("".join(versions(SHOWN)[-1].values()))
    named = {name for name in vocabulary.CLASSES if name.startswith("pp-")}
    assert named - words - DRAWN == set(SPARE)
    for part in vocabulary.COMPONENTS:
        assert words & set(part.classes), part.name


def test_the_shown_sample_draws_a_sequence_and_entities():
    html = "".join(versions(SHOWN)[-1].values())
    sources = re.findall(r'<pre class="pp-diagram" data-kind="mermaid"[^>]*>(\w+)', html)
    assert set(sources) >= {"sequenceDiagram", "erDiagram"}


def test_the_shown_sample_says_all_states_and_directions():
    words = used("".join(versions(SHOWN)[-1].values()))
    states = "accepted open rejected done current high med low recommended before after pick"
    calls = "get post delete mw pk fk new gone breaking add"
    arrows = "down left both pp-elbow c6"
    assert words >= set(f"{states} {calls} {arrows}".split())


def test_threads_of_a_sample_stand_on_sections_that_their_version_has():
    made = versions(SHOWN)
    for thread in json.loads((SAMPLES / SHOWN / "threads.json").read_text()):
        html = made[thread["on_version"] - 1][thread["anchor"]]
        assert thread.get("quote", "") in re.sub(r"<[^<>]*>", "", html)
