"""Every code that a finding can have, with its severity, message and fix; and its place."""

from __future__ import annotations

from typing import NamedTuple

from planpush.errors import Finding

ERROR, WARNING = "error", "warning"


class Code(NamedTuple):
    """One kind of finding. `{0}` and so on stand for words of the document."""

    severity: str
    message: str
    fix: str


_SHORTER = "Simplify the markup."
_AMPERSANDS = "Too many bare `&`."
_COSTS = {
    "too_many_ampersands": Code(ERROR, _AMPERSANDS, "Write `&amp;`."),
    "too_many_attributes": Code(ERROR, "Too many attributes.", "Remove some."),
    "attribute_too_long": Code(ERROR, "An attribute too long.", "Shorten it."),
    "tag_name_too_long": Code(ERROR, "A tag name too long.", "Shorten it."),
    "too_many_elements": Code(ERROR, "Too many elements.", "Divide the document."),
    "too_many_sections": Code(ERROR, "Too many sections.", "Wrap topics, not lines, in sections."),
    "unclosed_formatting": Code(ERROR, "Formatting such as <b> is never closed.", "Close it."),
    "ambiguous_markup": Code(ERROR, "Markup that browsers read in different ways.", "Remove it."),
    "output_too_large": Code(ERROR, "The markup grows too much when parsed.", _SHORTER),
    "unstable_markup": Code(
        ERROR, "The markup changes its meaning each time it is parsed.", _SHORTER
    ),
    "unreadable_markup": Code(ERROR, "The markup cannot be parsed.", _SHORTER),
}
_KEBAB = "Use lower-case words joined with hyphens, at most 64 characters."
_ERRORS = {
    "anchor_missing": Code(ERROR, "The section has no anchor.", _KEBAB),
    "anchor_malformed": Code(ERROR, "“{0}” is not an anchor.", _KEBAB),
    "anchor_mismatch": Code(
        ERROR, "The section's element says “{0}”, the push says “{1}”.", 'Write data-anchor="{1}".'
    ),
    "duplicate_anchor": Code(ERROR, "The anchor “{0}” is used twice.", "Rename one of them."),
    "empty_section": Code(ERROR, "The section is empty.", "Write it or leave it out."),
    "image_too_large": Code(
        ERROR,
        "An image has {0}; at most {1} bytes are kept.",
        "Make it smaller, or draw it as SVG.",
    ),
    "image_unreadable": Code(
        ERROR,
        "An embedded image is no PNG, JPEG, GIF, WebP or AVIF.",
        "Embed it as data:image/png;base64,…",
    ),
    "section_too_large": Code(
        ERROR, "The section has {0} bytes; at most {1} are allowed.", "Divide the section."
    ),
    "too_deep": Code(ERROR, "Elements nested over {0} deep.", "Flatten them."),
    "unclosed_tag": Code(ERROR, "A {0} that never ends.", "Close the {0}."),
}
_WORDS = {
    "unknown_class": Code(
        WARNING, "The class “{0}” is not in the vocabulary.", "Did you mean “{1}”?"
    ),
    "unknown_element": Code(
        WARNING, "<{0}> is no element of the vocabulary.", "Did you mean “{1}”?"
    ),
    "unknown_icon": Code(WARNING, "There is no icon “{0}”.", "Did you mean “{1}”?"),
    "element_dropped": Code(
        WARNING, "<{0}> is not kept.", "Use an element of the vocabulary; no script, no style."
    ),
    "attribute_dropped": Code(WARNING, "The attribute {0} is not kept.", "Remove it."),
    "external_url": Code(
        WARNING, "{0} loads “{1}” from elsewhere: it is not kept.", "Refer to an id here: #id."
    ),
    "link_dropped": Code(
        WARNING, "The link to “{0}” is not kept.", "Use https:, mailto: or #anchor."
    ),
    "remote_image": Code(
        WARNING, "An image from elsewhere is not kept.", "Embed it as data:image/png;base64,…"
    ),
    "control_character": Code(WARNING, "The character U+{0} is not kept.", "Remove it."),
}
_SHAPE = {
    "missing_root": Code(
        WARNING,
        "The section does not begin with an element that has its data-anchor.",
        'Begin with <section class="pp-section" data-anchor="{0}">.',
    ),
    "several_roots": Code(
        WARNING, "<{0}> stands beside the section's element.", "Move it into the section."
    ),
    "positional_anchor": Code(
        WARNING, "The anchor “{0}” is a position.", "Name the topic: comments hang on the name."
    ),
    "anchor_with_threads": Code(
        WARNING,
        "“{0}” is gone, and open comments sit on it: {1}.",
        "If it was renamed, say so with `was`; else answer them.",
    ),
    "no_anchors": Code(
        WARNING,
        "No element directly under body or main has a `data-anchor`: cut at the headings.",
        'Wrap each topic in <section class="pp-section" data-anchor="topic">.',
    ),
    "duplicate_id": Code(WARNING, "The id “{0}” is used twice.", "Rename one of them."),
    "tag_unclosed": Code(WARNING, "<{0}> is not closed before {1}.", "Write </{0}> before {1}."),
    "tag_unopened": Code(WARNING, "</{0}> closes nothing.", "Remove it, or open <{0}> before."),
    "tag_misplaced": Code(WARNING, "{0} cannot stand in <{1}>: it is moved or cut off.", "{2}"),
}
_CONTENT = {
    "heading_only": Code(
        WARNING, "The section is nothing but a heading.", "Write it or leave it out."
    ),
    "heading_missing": Code(WARNING, "The section has no heading.", "Begin it with <h2>."),
    "heading_order": Code(WARNING, "<h{0}> follows <h{1}>.", "Use <h{2}>."),
    "prose_only": Code(
        WARNING,
        "{0} words without any component.",
        "Show it: a diagram, table, list, steps or decisions, then a few words.",
    ),
    "section_too_long": Code(
        WARNING, "The section has {0} words; more than {1} are not read.", "Divide it by topic."
    ),
    "image_without_alt": Code(WARNING, "An image has no text.", 'Write alt="what it shows".'),
    "svg_without_name": Code(
        WARNING,
        "An SVG has no name for those who cannot see it.",
        'Write role="img" aria-label="what it shows", or aria-hidden="true" for an ornament.',
    ),
    "table_without_headers": Code(
        WARNING, "A table has no header cells.", 'Write the first row with <th scope="col">.'
    ),
    "table_ragged": Code(
        WARNING, "A row has {0} cells, the first one {1}.", "Give every row as many cells."
    ),
    "edge_without_label": Code(
        WARNING, "An arrow has no label.", "Say what passes: <span>what passes</span>."
    ),
    "flow_unplaced": Code(
        WARNING,
        "A box or arrow of a flow has no place on the grid.",
        "Give it a column (c1–c8, between boxes e1–e7) and a row (r1–r9).",
    ),
    "flow_overlap": Code(
        WARNING, "Two things of a flow stand at {0} {1}.", "Give one another column or row."
    ),
    "tabs_unequal": Code(
        WARNING,
        "Tabs with {0} radios, {1} labels and {2} panels.",
        "Write as many panels as radios and labels.",
    ),
}
_SECRETS = {
    "secret_found": Code(
        ERROR,
        "This looks like {0} ({1}…).",
        "Remove it and revoke it, or push again with allow_secrets if it is harmless.",
    ),
}
_DIAGRAMS = {
    "diagram_syntax": Code(ERROR, "The diagram cannot be read.", "Correct the named line."),
    "diagram_kind": Code(
        ERROR, "“{0}” is not a kind of diagram that is drawn here.", "Begin with flowchart TD."
    ),
    "diagram_too_large": Code(ERROR, "The diagram is too large.", "Show less, or divide it."),
    "diagram_engine_missing": Code(
        WARNING, "This server draws no diagrams; this is the source.", ""
    ),
}
CODES: dict[str, Code] = {
    **_ERRORS,
    **_COSTS,
    **_SECRETS,
    **_DIAGRAMS,
    **_WORDS,
    **_SHAPE,
    **_CONTENT,
}


def is_error(found: Finding) -> bool:
    """Return whether a finding refuses a push; one without a code of the catalogue does."""
    code = CODES.get(found.code)
    return code is None or code.severity == ERROR


def place(text: str, at: int) -> tuple[int, int]:
    """Return line and column, from 1, of the character at `at`."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
