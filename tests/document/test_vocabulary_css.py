"""The style sheets draw what the vocabulary offers, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from planpush.document import vocabulary
from planpush.paths import STATIC
from planpush.web.assets import STYLES

CSS = STATIC / "css"
DOCUMENT = sorted(path for path in CSS.glob("doc*.css") if path.stem != "docs")
APP = sorted(path for path in CSS.glob("*.css") if path not in DOCUMENT)
CLASS = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
# Drawn by a plain rule of base.css, the same in a document as in the app around it.
SHARED = {"i", "sr", "row", "grow", "dim", "num", "nowrap", "mono", "pill", "tag"}
TONES = {"good", "warn", "bad", "info", "plum", "accent"}  # of a pill
UNSTYLED = {"dr": "how an elbow is drawn that says nothing else"}
# Written by the server or the page's script, never by an author.
OURS = {"pp-doc", "pp-changed-mark", "pin", "on", "float", "near", "drawn"}


def selectors(path: Path) -> Iterator[str]:
    """Every selector of a style sheet, one by one."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    for found in re.findall(r"([^{};]+)\{", text):
        if not found.strip().startswith("@"):
            yield from (one.strip() for one in re.split(r",(?![^()]*\))", found))


def classes(paths: list[Path]) -> set[str]:
    return {name for path in paths for one in selectors(path) for name in CLASS.findall(one)}


def test_every_class_of_the_vocabulary_is_drawn():
    plain = classes([CSS / "base.css"]) & (SHARED | TONES)
    assert vocabulary.CLASSES - classes(DOCUMENT) - plain == set(UNSTYLED)


def test_every_class_of_the_documents_style_is_in_the_vocabulary():
    assert classes(DOCUMENT) - vocabulary.CLASSES == OURS


def test_no_rule_of_the_app_is_for_words_that_a_document_may_use():
    found = {
        (path.name, one)
        for path in APP
        for one in selectors(path)
        if (names := set(CLASS.findall(one))) and names <= vocabulary.CLASSES
        if "#" not in one and ".pp-" not in one and not names <= SHARED | TONES
    }
    assert found == set()


def test_what_the_app_draws_with_a_name_of_its_own_is_no_class_of_documents():
    for word in ("btn", "banner", "bar", "planbar", "panel", "thread", "menu", "av", "composer"):
        assert word not in vocabulary.CLASSES and word in classes(APP)


@pytest.mark.parametrize("path", DOCUMENT, ids=lambda path: path.stem)
def test_a_style_sheet_of_documents_is_sent(path):
    assert path.stem in STYLES


@pytest.mark.parametrize("path", DOCUMENT, ids=lambda path: path.stem)
def test_colours_follow_the_theme(path):
    text = re.sub(
        r"light-dark\((?:[^()]|\([^()]*\))*\)|/\*.*?\*/|#000\b|#0000\b", "", path.read_text()
    )
    terminal = [line for line in text.splitlines() if ".pp-term" not in line]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{}]*\{)", "\n".join(terminal)) == []
