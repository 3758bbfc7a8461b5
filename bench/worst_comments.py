"""Ten thousand characters that are hard to read as Markdown: what a comment can be."""

from __future__ import annotations

MOST = 10_000
UNITS = ["*", "_", "[", "![", "[](", "**a ", "_a_ ", "> ", ">", "```\n", "``a ", "\\", "&#", "@",
         "@a ", "@a b ", "[a](", "[a](<b", "[`", "  - a\n", "-\n", "\n", "**_", "https://a.b ",
         "http://", "http://a(", "http://."]  # fmt: skip


def hostile(size: int = MOST) -> list[str]:
    """Return comments of about that many characters."""
    most = size // 100
    return [
        *(unit * (size // len(unit)) for unit in UNITS),
        "http://a" + "(" * (size * 49 // 100) + ")" * (size * 49 // 100),
        "*a " * (size * 16 // 100) + "b* " * (size * 16 // 100),
        "".join("`" * n + " " for n in range(1, int((2 * size) ** 0.5) - 1)),
        "".join("  " * n + "- a\n" for n in range(most - 2)),
    ]
