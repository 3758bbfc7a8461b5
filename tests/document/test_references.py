"""References in drawings: real ones pass, bombs do not, and no section reaches into another."""

import re

import pytest

from planpush.document.sanitizer import sanitizer
from planpush.document.sanitizer.svg import settle
from planpush.document.sections import build
from planpush.errors import InvalidDocument


def svg(inner: str) -> str:
    return f'<svg viewBox="0 0 9 9">{inner}</svg>'


def settled(html: str) -> str:
    """Settle what an author wrote, and see that doing so again changes nothing."""
    clean = sanitizer.clean(html)
    result = settle(clean)
    assert settle(result) == result == sanitizer.clean(result)
    return result


def plain(html: str) -> str:
    return re.sub(r"\.[0-9a-f]{24}", "", html)


ARROW = '<marker id="arrow"><path d="M0 0L9 5"/></marker>'
SHADE = '<linearGradient id="shade"><stop offset="0"/></linearGradient>'
BOX = '<symbol id="box"><rect width="4" height="4"/><text>x</text></symbol>'
REAL = [
    svg(f'<defs>{ARROW}</defs><path d="M0 0L9 9" marker-end="url(#arrow)"/>'),
    svg(f'{SHADE}<rect fill="url(#shade)"/><g stroke="url(#shade)"><path d="M0 0"/></g>'),
    svg('<clipPath id="c"><rect/></clipPath><g clip-path="url(#c)"><circle r="1"/></g>'),
    svg('<rect id="r"/><clipPath id="c"><use href="#r"/></clipPath><g clip-path="url(#c)"></g>'),
    svg(BOX + '<use href="#box"/>' * 5 + '<use href="#i-check"/>'),
    svg(SHADE + '<radialGradient id="b" href="#shade"/><circle fill="url(#b)"/>'),
    svg(SHADE + '<g id="s"><path fill="url(#shade)"/></g><use href="#s"/><use href="#s"/>'),
    svg(ARROW) + "<p>x</p>" + svg('<path marker-end="url(#arrow)"/>'),
    svg('<path id="curve" d="M0 0L1 1"/><text><textPath href="#curve">x</textPath></text>'),
    svg('<a href="#elsewhere"><text fill="#123456">x</text></a>'),
]


@pytest.mark.parametrize("html", REAL)
def test_real_drawings_pass(html):
    assert plain(settled(html)) == sanitizer.clean(html)


def doubling(part: str, link: str, last: str, levels: int = 20) -> str:
    inner = '<g id="a0"><rect/></g>' + "".join(
        part.format(n, link.format(n - 1) * 2) for n in range(1, levels)
    )
    return svg(inner + last.format(levels - 1))


USE = '<use href="#a{}"/>'
FILL = '<rect fill="url(#a{})"/>'
NESTED = [
    doubling('<g id="a{}">{}</g>', USE, USE),
    doubling('<symbol id="a{}">{}</symbol>', USE, USE),
    doubling('<pattern id="a{}">{}</pattern>', FILL, FILL),
    doubling('<marker id="a{}">{}</marker>', '<path marker-mid="url(#a{})"/>', FILL),
    doubling('<clipPath id="a{}">{}</clipPath>', '<rect clip-path="url(#a{})"/>', FILL),
    doubling('<pattern id="a{}">{}</pattern>', USE, FILL, 4),
    svg('<g fill="url(#a)"><pattern id="b"><rect/></pattern></g><pattern id="a"></pattern>'),
    svg('<g id="a"><use href="#a"/></g>'),
    svg('<pattern id="p"><rect fill="url(#p)"/></pattern>'),
    svg('<pattern id="p" href="#p"/>'),
    svg("".join(f'<linearGradient id="g{n}" href="#g{n - 1}"/>' for n in range(9))),
    svg(ARROW) + svg('<g id="s"><path marker-end="url(#arrow)"/></g><use href="#s"/>'),
]


@pytest.mark.parametrize("html", NESTED)
def test_nested_references_are_refused(html):
    with pytest.raises(InvalidDocument) as refused:
        settle(sanitizer.clean(html))
    assert refused.value.errors[0].code == "nested_references"


MANY = [
    svg('<g id="a">' + "<rect/>" * 200 + "</g>" + '<use href="#a"/>' * 200),
    svg(f'<path id="a" d="M0 0{"h1v1" * 10_000}"/>' + '<use href="#a"/>' * 999),
    svg(ARROW + f'<path d="M0 0{"h1" * 20_000}" marker-mid="url(#arrow)"/>'),
    svg('<pattern id="p">' + "<rect/>" * 200 + '</pattern><g fill="url(#p)">' + "<path/>" * 200),
    svg(BOX + '<g marker-mid="url(#m)">' + '<use href="#box"/>' * 9_999),
    svg(f'<text id="t">{"x" * 100_000}</text>' + '<use href="#t"/>' * 999),
    svg(
        f'<pattern id="p">{"<rect/>" * 90}</pattern><g id="a"><rect fill="url(#p)"/></g>'
        + '<use href="#a"/>' * 300
    ),
]


@pytest.mark.parametrize("html", MANY)
def test_what_references_draw_is_bounded(html):
    with pytest.raises(InvalidDocument) as refused:
        settle(sanitizer.clean(html))
    assert refused.value.errors[0].code == "too_many_references"


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<use href="#away"/>', "<use></use>"),
        ('<use href="#s-data"/>', "<use></use>"),
        ('<rect fill="url(#away)"/>', '<rect fill="none"></rect>'),
        ('<use href="#a%62"/><g id="ab"/>', '<use></use><g id="d-ab"></g>'),
        ('<rect clip-path="url(#away)"/>', '<rect clip-path="none"></rect>'),
    ],
)
def test_references_out_of_the_section_go(html, left):
    assert left in settled(svg(html))


def test_a_name_belongs_to_its_drawing():
    one, other = (
        settled(svg(f'<g id="a">{inner}</g><use href="#a"/>')) for inner in ("<rect/>", "<path/>")
    )
    name = re.findall(r'id="([^"]+)"', one)[0]
    assert f'href="#{name}"' in one and name not in other
    assert name in settled("<p>more</p>" + one.replace(name, "a"))
    assert settled(one.replace(name, f"{name}.{'0' * 24}")) == one


def test_an_attribute_that_only_looks_like_an_id_is_none():
    html = svg('<g aria-label=" id="><use href="#a"/></g>')
    assert "<use></use>" in settled(html)


def test_a_settled_section_can_be_built():
    section = build("a", settled(f"<h2>x</h2>{REAL[0]}"))
    assert b"marker-end" in section.html
