"""How a verb ends early: lines for the agent and an exit code."""

from __future__ import annotations

FIX, UNREACHABLE, CONFLICT = 1, 2, 3


class Stop(Exception):
    """The verb cannot go on. `code` is 1 fix the request, 2 no server or sign-in, 3 conflict."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.code = code
        self.lines = lines


def one_line(text: object) -> str:
    """Return foreign text without control characters, on one line."""
    shown = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(shown.split())
