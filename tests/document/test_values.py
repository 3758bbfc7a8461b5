"""Attribute values, one filter at a time."""

import base64

import pytest

from planpush.document.sanitizer import attributes

HEADER = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1 rest"
PNG = "data:image/png;base64," + base64.b64encode(HEADER).decode()
COLOURS = frozenset(["--ink"])

LINKS = [
    ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
    (" HTTP://example.com ", "HTTP://example.com"),
    ("mailto:a@example.com", "mailto:a@example.com"),
    ("#goals", "#d-goals"),
    ("#d-goals", "#d-goals"),
    ("#s-goals", "#s-goals"),
    ("#s-Not An Anchor", None),
    ("#", "#"),
    ("javascript:alert(1)", None),
    ("java\tscript:alert(1)", None),
    ("data:text/html,x", None),
    ("//example.com", None),
    ("/etc", None),
    ("https://exa mple.com", None),
]


@pytest.mark.parametrize(("given", "kept"), LINKS)
def test_links(given, kept):
    assert attributes.link(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("#i-lock", "#pp-i-lock"),
        ("#pp-i-lock", "#pp-i-lock"),
        ("#i-nope", None),
        ("#pp-i-nope", None),
        ("#shape", "#d-shape"),
        ("https://example.com/x.svg#a", None),
        ("#", None),
    ],
)
def test_use_takes_icons_and_fragments(given, kept):
    assert attributes.icon(given, frozenset(["lock"])) == kept


PRESENTATION = [
    ("red", "red"),
    ("#1a2b3c", "#1a2b3c"),
    ("rgb(1, 2, 3)", "rgb(1, 2, 3)"),
    ("translate(1 2) rotate(-3)", "translate(1 2) rotate(-3)"),
    ("var(--ink)", "var(--ink)"),
    ("var(--secret)", None),
    ("url(#grad)", "url(#d-grad)"),
    ("url(#d-grad)", "url(#d-grad)"),
    ("url(https://example.com)", None),
    ("url(#a) url(//b)", None),
    ("image-set('a')", None),
    ("expression(1)", None),
    ("re\\64", None),
    ("red/*x*/", None),
    ("rgb(rgb(1))", None),
    ("a;b:url(x", None),
]


@pytest.mark.parametrize(("given", "kept"), PRESENTATION)
def test_presentation_attributes(given, kept):
    assert attributes.presentation(given, COLOURS) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (PNG, PNG),
        (PNG.replace("png", "jpeg"), None),
        (PNG.replace("png", "svg+xml"), None),
        ("data:image/png;base64,!!", None),
        ("https://example.com/a.png", None),
        (PNG + "A" * 500_000, None),
    ],
)
def test_images_are_embedded_and_what_they_say(given, kept):
    assert attributes.image(given) == kept


def test_identifiers_get_the_prefix_once():
    assert attributes.identifiers("a d-b 'c'") == "d-a d-b"
    assert attributes.identifier("pp-x") == "d-pp-x"
    assert attributes.identifier("a b") is None


def test_controls_and_lone_surrogates_go():
    assert attributes.strip_controls("a\x00\x0b\x1f\ud800b\t\n\r") == "ab\t\n\r"


@pytest.mark.parametrize("code", [*range(0xA0), 0x2028, 0xD800, 0xDFFF, 0xFEFF])
def test_a_control_that_stands_alone_is_dropped_as_among_others(code):
    alone, among = f"a{chr(code)}b", f"a{chr(code)}b\0"
    assert attributes.strip_controls(alone) == attributes.strip_controls(among)


def test_a_form_feed_is_no_line_end():
    assert attributes.strip_controls("a\fb") == "ab"


def test_classes_and_paths():
    assert attributes.classes("pill x pill good", frozenset(["pill", "good"])) == "pill good"
    assert attributes.classes("x", frozenset()) is None
    assert attributes.path("M0 0L1.5-2e3Z") == "M0 0L1.5-2e3Z"
    assert attributes.path("M0 0;x") is None
