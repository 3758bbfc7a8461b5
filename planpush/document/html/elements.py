"""HTML element names, grouped as the parsing rules of the HTML standard need them."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of `text` as a set."""
    return frozenset(text.split())


VOID = words(
    "area base basefont bgsound br col embed frame hr image img input keygen link meta param "
    "source track wbr"
)
RAW = words("iframe noembed noframes noscript plaintext script style textarea title xmp")
FORMATTING = words("a b big code em font i nobr s small strike strong tt u")
HEADINGS = words("h1 h2 h3 h4 h5 h6")
CLOSES_P = HEADINGS | words(
    "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form header hgroup hr li listing main menu nav ol p plaintext pre search "
    "section summary ul xmp"
)
RUBY = words("rb rp rt rtc")
TABLE_PARTS = words("caption col colgroup tbody td tfoot th thead tr")
ROW_GROUPS = words("tbody tfoot thead")
CELLS = words("caption td th")
MARKERS = CELLS | words("applet marquee object template")
HEAD_TAGS = words("base basefont bgsound link meta noframes script style template title")
ROOTS = words("body frameset head html")
# Foreign elements carry their kind in front: only these hold HTML again.
INTEGRATION = frozenset(
    ["svg foreignobject", "svg desc", "svg title"]
    + [f"math {name}" for name in ("mi", "mo", "mn", "ms", "mtext")]
)
SCOPE = MARKERS | INTEGRATION | {"table", "select", "math annotation-xml"}
BUTTON_SCOPE = SCOPE | {"button"}
LIST_SCOPE = SCOPE | {"ol", "ul"}
TABLE_SCOPE = words("table template select")
OUTSIDE_TABLE = words("template select")
SPECIAL = (SCOPE | CLOSES_P | VOID | TABLE_PARTS | HEAD_TAGS | ROOTS) | words(
    "button iframe noembed noscript textarea"
)
BLOCKS = CLOSES_P | MARKERS | {"button"}
KEEPS_FORMATTING = CLOSES_P | TABLE_PARTS | HEAD_TAGS | ROOTS | RUBY | {"table"}
BREAKOUT = HEADINGS | words(
    "b big blockquote body br center code dd div dl dt em embed head hr i img li listing menu meta "
    "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
