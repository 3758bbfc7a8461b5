"""The live page of the vocabulary: for everybody, whole, and with every name only once."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest

from planpush.document import vocabulary

PAGE = "/docs/vocabulary"


@pytest.fixture
def text(app) -> str:
    answer = app.test_client().get(PAGE)
    assert answer.status_code == 200
    return answer.text


def test_nobody_and_somebody_may_read_it(app, browser):
    assert "Sign out" not in app.test_client().get(PAGE).text
    assert "Sign out" in browser("charlie").get(PAGE).text


def test_a_component_is_shown_in_both_themes_with_its_source(text):
    for part in vocabulary.COMPONENTS:
        start = text.index(f'id="component-{part.name}"')
        here = text[start : text.index('class="docs-part"', start)]
        for theme in ("light", "dark"):
            assert re.search(rf'data-theme="{theme}".*?<div class="pp-doc"><', here, re.DOTALL)
        code = re.search(r"<pre tabindex=\"0\"><code>(.*?)</code></pre></details>", here, re.DOTALL)
        assert "".join(unescape(code[1]).split()) == "".join(part.example.split()), part.name


def test_every_icon_utility_and_element_is_listed(text):
    names = [*vocabulary.ICONS, *vocabulary.UTILITIES, *vocabulary.ELEMENTS, *vocabulary.COLOURS]
    assert [name for name in names if f"<code>{name}</code>" not in text] == []


def test_no_id_stands_twice_and_every_reference_has_its_target(text):
    ids = re.findall(r' id="([^"]+)"', text)
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    used = re.findall(r'(?:href="#|url\(#| for=")([^")]+)', text)
    # The last word: authors are shown how to write a use.
    assert set(used) - set(ids) - {"i-NAME"} == set()


def test_it_holds_no_style_and_no_script_of_a_document(text):
    main = text[text.index("<main") : text.index("</main>")]
    assert "style=" not in unescape(main) and "<script" not in main
