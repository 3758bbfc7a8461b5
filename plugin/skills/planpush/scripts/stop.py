"""How a verb ends early: lines for the agent and an exit code."""

from __future__ import annotations

import re

FIX, UNREACHABLE, CONFLICT = 1, 2, 3


class Stop(Exception):
    """The verb cannot go on. `code` is 1 fix the request, 2 no server or sign-in, 3 conflict."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.code = code
        self.lines = lines


# Letters that show nothing: words can hide in them from people, who then see another text.
UNSEEN = re.compile("[\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0d\U000e0100-\U000e01ef]")


def shown(text: str) -> str:
    """Return one line of foreign text without control, direction and invisible characters."""
    seen = "".join(char if char.isprintable() else " " for char in text)
    return UNSEEN.sub("", seen)


def one_line(text: object) -> str:
    """Return foreign text without control characters, on one line."""
    return " ".join(shown(str(text)).split())
