"""The vocabulary agrees with the sanitizer, the linter, the icons and the style sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

import pytest

from planpush.document import vocabulary
from planpush.document.lint import linter
from planpush.document.sanitizer import sanitizer
from planpush.document.sections import cut
from planpush.paths import STATIC
from planpush.web.assets import STYLES
from tests.golden.good import good

CLASS = re.compile(r'class="([^"]*)"')
BY_NAME = {part.name: part for part in vocabulary.COMPONENTS}


def test_component_names_are_unique():
    assert len(BY_NAME) == len(vocabulary.COMPONENTS) > 20


@pytest.mark.parametrize("name", BY_NAME)
def test_an_example_has_nothing_to_mend_and_survives_the_sanitizer(name):
    part = BY_NAME[name]
    assert linter.lint([(name, good()[name])]) == ([], [])
    cleaned = sanitizer.clean(part.example)
    given, kept = ({word for words in CLASS.findall(html) for word in words.split()}
                   for html in (part.example, cleaned))  # fmt: skip
    assert given == kept <= vocabulary.CLASSES and given & set(part.classes)
    assert words(cleaned) == words(part.example) != ""
    assert part.purpose.endswith(".") and part.children


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", html)).split())


def test_a_flow_has_eight_columns_and_every_direction():
    grid = [f"c{n}" for n in range(1, 9)] + [f"e{n}" for n in range(1, 8)]
    rows = [f"r{n}" for n in range(1, 10)]
    assert vocabulary.CLASSES.issuperset([*grid, *rows, "down", "up", "left", "both"])
    assert vocabulary.CLASSES.issuperset(["pp-elbow", "dr", "dl", "ur", "ul", "back"])


def test_what_the_server_draws_is_not_for_authors():
    assert vocabulary.CLASSES.isdisjoint(["pp-doc", "pin", "pp-changed", "on", "av"])


def test_every_icon_exists():
    with ZipFile(str(files("lucide").joinpath("lucide.zip"))) as archive:
        known = {name.removesuffix(".svg") for name in archive.namelist()}
    assert known >= vocabulary.ICONS
    used = re.findall(r'href="#i-([a-z0-9-]+)"', "".join(p.example for p in vocabulary.COMPONENTS))
    assert vocabulary.ICONS.issuperset(used)


@pytest.mark.parametrize(
    ("given", "close"), [("pp-calout", "pp-callout"), ("pils", "pill"), ("zzzzzzzz", "")]
)
def test_the_nearest_class(given, close):
    assert vocabulary.nearest(given) == close


def test_a_document_of_all_components_is_cut_whole():
    html = "".join(
        f"<section data-anchor={part.name}>{part.example}</section>"
        for part in vocabulary.COMPONENTS
    )
    assert [piece.anchor for piece in cut(html).pieces] == list(BY_NAME)


CSS = STATIC / "css"
DOCUMENT = sorted(path for path in CSS.glob("doc*.css") if path.stem != "docs")
APP = sorted(path for path in CSS.glob("*.css") if path not in DOCUMENT)
CSS_CLASS = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
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
    return {name for path in paths for one in selectors(path) for name in CSS_CLASS.findall(one)}


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
        if (names := set(CSS_CLASS.findall(one))) and names <= vocabulary.CLASSES
        if "#" not in one and ".pp-" not in one and not names <= SHARED | TONES
    }
    assert found == set()


def test_what_the_app_draws_with_a_name_of_its_own_is_no_class_of_documents():
    for word in ("btn", "banner", "bar", "planbar", "panel", "thread", "menu", "av", "composer"):
        assert word not in vocabulary.CLASSES and word in classes(APP)


@pytest.mark.parametrize("path", DOCUMENT, ids=lambda path: path.stem)
def test_a_style_sheet_of_documents_is_sent_and_its_colors_follow_the_theme(path):
    assert path.stem in STYLES
    text = re.sub(
        r"light-dark\((?:[^()]|\([^()]*\))*\)|/\*.*?\*/|#000\b|#0000\b", "", path.read_text()
    )
    terminal = [line for line in text.splitlines() if ".pp-term" not in line]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{}]*\{)", "\n".join(terminal)) == []
