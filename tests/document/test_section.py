from __future__ import annotations

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from planpush.document.sections import Section, build, pack, unpack

PIN = '<a class="pin" href="#t">9</a>'

RICH = (
    '<section data-anchor="data-model"><h2><span class="n">5</span>Data model é</h2>'
    'bare <a href="https://x.example/"><div>deep <svg viewBox="0 0 1 1"><text>label</text></svg>'
    "</div></a> tail<ul><li>one<ul><li>two</li></ul>three</li></ul>"
    '<table><thead><tr><th scope="col">Column</th><th scope="col" colspan="2">Type</th>'
    '<th scope="col">Meaning</th></tr></thead><tbody>'
    '<tr data-anchor="row-id"><td>id</td><td>uuid</td><td>v7</td><td><p>The key</p></td></tr>'
    '<tr data-row="user"><th scope="row">user_id</th><td>bigint</td><td></td><td>Who</td></tr>'
    '</tbody></table><dl><div data-anchor="life"><dt>Life</dt><dd>5 min</dd></div></dl>'
    '<details data-anchor="more"><summary><h3>More</h3></summary>rest<button>go <b>x</b></button>'
    '</details><figure data-anchor="fig"><svg viewBox="0 0 1 1"></svg><figcaption>Cap</figcaption>'
    '</figure><ol data-anchor="steps"><li data-anchor="step-1"><h3>First</h3><p>Do.</p></li></ol>'
    '<p>x <span data-anchor="term">term</span> y<br>z</p><label>Name <b>here</b></label></section>'
)


def texts(section: Section) -> list[tuple[str, str]]:
    return [(block.tag, block.text) for block in section.blocks if not block.element]


def pinned(section: Section, every: int = 1) -> str:
    html = section.html
    for offset in sorted(section.pins[::every], reverse=True):
        html = html[:offset] + PIN.encode() + html[offset:]
    return html.decode()


def shape(html: str) -> str:
    """Return the tree that a browser builds, without pins, as HTML."""
    tree = LexborHTMLParser(f"<body>{html}")
    for pin in tree.css("a.pin"):
        pin.decompose()
    return tree.body.html or ""


@pytest.mark.parametrize(
    ("html", "root"),
    [
        ('<section data-anchor="k"><p>a</p></section>', "section"),
        ("<section><p>a</p></section>", "section"),
        ("<p>a</p><p>b</p>", "section"),
        ("a &amp; <b>b</b>", "section"),
        ("", "section"),
        ('<ul data-anchor="k"><li>a</li></ul>', "ul"),
        ('<svg data-anchor="k" viewBox="0 0 1 1"><text>a</text></svg>', "svg"),
        ("<h2>Title</h2>", "h2"),
    ],
)
def test_there_is_one_root_with_id_key_and_anchor(html, root):
    section = build("k", html)
    stored = LexborHTMLParser(f"<body>{section.html.decode()}")
    (element,) = list(stored.body.iter())
    assert element.tag == section.blocks[0].tag == root
    assert element.attributes["id"] == "s-k"
    assert element.attributes["data-anchor"] == "k" and element.attributes["data-block"] == "0"
    assert root != "section" or element.attributes["class"] == "pp-section"


def test_an_authored_id_and_key_give_way():
    section = build("k", '<div id="d-x" class="y"><p data-block="7">a &lt; b</p></div>')
    root = '<div id="s-k" class="y" data-anchor="k" data-block="0">'
    assert section.html.decode() == root + '<p data-block="1">a &lt; b</p></div>'


def test_another_sections_element_is_wrapped():
    section = build("k", '<div data-anchor="other"><p>a</p></div>')
    assert section.html.startswith(b'<section id="s-k" class="pp-section" data-anchor="k"')
    assert section.blocks[1].anchors == ("other", "k")


def test_every_text_belongs_to_a_block_once():
    section = build("data-model", RICH)
    words = "".join(LexborHTMLParser(RICH).body.text().split())
    found = "".join("".join(text.split()) for _, text in texts(section))
    assert sorted(found) == sorted(words)


def test_a_list_item_has_its_own_text_only():
    section = build("data-model", RICH)
    assert ("li", "one three") in texts(section) and ("li", "two") in texts(section)
    assert ("section", "bare tail") in texts(section) and ("p", "x y z") in texts(section)


def test_title_and_headings_leave_the_number_out():
    section = build("data-model", RICH)
    assert section.title == "Data model é"
    first = next(block for block in section.blocks if block.text == "First")
    done = next(block for block in section.blocks if block.text == "Do.")
    term = next(block for block in section.blocks if block.text == "term")
    assert first.headings == ("Data model é",)
    assert done.headings == ("Data model é", "First")
    assert term.headings == ("Data model é",)


@pytest.mark.parametrize("html", ["<h2>My title</h2>", "<h2>My title</h2><p>x</p>"])
def test_a_heading_is_the_title_even_as_root(html):
    assert build("k", html).title == "My title"


def test_a_table_may_be_the_root():
    html = (
        "<table><tbody><tr><th>A</th><th>B</th></tr><tr><td>r</td><td>v</td></tr></tbody></table>"
    )
    last = build("k", html).blocks[-1]
    assert (last.text, last.row, last.column) == ("v", "r", "B")


def test_a_title_without_a_heading_is_the_key_in_words():
    assert build("data-model", "<p>x</p>").title == "Data model"


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("Column", "Column", "Column"),
        ("uuid", "id", "Type"),
        ("v7", "id", "Type"),
        ("The key", "id", "Meaning"),
        ("bigint", "user", "Type"),
        ("Who", "user", "Meaning"),
        ("two", "", ""),
    ],
)
def test_cells_know_their_headers(text, row, column):
    block = next(b for b in build("data-model", RICH).blocks if b.text == text)
    assert (block.row, block.column) == (row, column)


def test_elements_have_labels():
    blocks = build("data-model", RICH).blocks
    labels = {block.anchors[0]: block.text for block in blocks if block.element}
    assert labels["life"] == "Life 5 min" and labels["fig"] == "Cap"
    assert labels["step-1"] == "First" and labels["row-id"] == "id uuid v7 The key"


def test_a_leaf_with_an_anchor_is_one_block():
    (root, leaf) = build("k", '<div data-anchor="k"><p data-anchor="p1">a b</p></div>').blocks
    assert root.element and not leaf.element
    assert (leaf.text, leaf.anchors) == ("a b", ("p1", "k"))


@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_pins_never_change_the_tree(every):
    section = build("data-model", RICH)
    html = pinned(section, every)
    assert shape(html) == shape(section.html.decode())
    assert html.count(PIN) == len(section.pins[::every])


def test_pins_stand_where_links_may():
    tree = LexborHTMLParser(f"<body>{pinned(build('data-model', RICH))}")
    for pin in tree.css("a.pin"):
        parents, parent = [], pin.parent
        while parent is not None:
            parents.append(parent.tag)
            parent = parent.parent
        assert parents[0] not in ("table", "thead", "tbody", "tr", "ul", "ol", "dl")
        assert not {"a", "button", "label", "summary", "svg"} & set(parents)


def test_the_sections_pin_follows_its_heading():
    section = build("k", "<section><p>é before</p><h2>Title</h2><p>x</p></section>")
    assert section.html[: section.pins[0]].decode().endswith("Title</h2>")
    assert section.html[: section.pins[1]].decode().endswith("é before")


def test_icons_are_listed_once():
    use = '<svg><use href="#pp-i-{}"></use></svg>'
    html = "".join(use.format(name) for name in ("lock", "info", "lock"))
    assert build("k", f"<p>{html}</p>").icons == ("info", "lock")


def test_search_text_has_each_leaf_on_a_line():
    assert build("k", "<h2>A</h2><p>b\n  <b>c</b></p>").text == "A\nb c"


def test_lines_in_a_diagram_are_words_apart():
    html = '<svg><text><tspan x="0">one</tspan><tspan x="0" dy="1">two</tspan></text></svg>'
    assert build("k", f"<p>{html}</p>").text == "one two"


def test_packing_keeps_every_block():
    blocks = build("data-model", RICH).blocks
    assert unpack(pack(blocks)) == blocks and unpack(pack(())) == ()


def test_long_headings_are_cut_in_paths():
    section = build("k", f"<section><h2>{'h' * 5000}</h2><p>x</p></section>")
    assert len(section.blocks[-1].headings[0]) == 200
    assert re.fullmatch("h{5000}", section.blocks[1].text)
