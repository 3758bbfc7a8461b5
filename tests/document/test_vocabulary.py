"""The vocabulary agrees with itself, with the sanitiser and with the icons that exist."""

import re
from html import unescape
from importlib.resources import files
from zipfile import ZipFile

import pytest

from planpush.document import vocabulary
from planpush.document.lint import linter
from planpush.document.sanitizer import sanitizer
from planpush.document.sections import cut
from tests.golden.good import good

CLASS = re.compile(r'class="([^"]*)"')
BY_NAME = {part.name: part for part in vocabulary.COMPONENTS}


def test_component_names_are_unique():
    assert len(BY_NAME) == len(vocabulary.COMPONENTS) > 20


@pytest.mark.parametrize("name", BY_NAME)
def test_examples_show_their_classes_and_survive_the_sanitiser(name):
    part = BY_NAME[name]
    given = {word for words in CLASS.findall(part.example) for word in words.split()}
    kept = {
        word for words in CLASS.findall(sanitizer.clean(part.example)) for word in words.split()
    }
    assert given == kept
    assert given & set(part.classes) or not part.classes


@pytest.mark.parametrize("name", BY_NAME)
def test_examples_have_nothing_to_mend(name):
    errors, warnings = linter.lint([(name, good()[name])])
    assert (errors, warnings) == ([], [])


@pytest.mark.parametrize("name", BY_NAME)
def test_the_sanitiser_keeps_the_words_of_examples(name):
    example = BY_NAME[name].example
    assert words(sanitizer.clean(example)) == words(example) != ""


@pytest.mark.parametrize("name", BY_NAME)
def test_a_component_says_what_it_is_for_and_what_goes_into_it(name):
    part = BY_NAME[name]
    assert part.purpose.endswith(".") and part.children and part.classes
    used = {word for words in CLASS.findall(part.example) for word in words.split()}
    assert used <= vocabulary.CLASSES


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
