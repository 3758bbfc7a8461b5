"""Collects findings: each once, at its first position, up to a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .codes import CODES, ERROR

MOST = 50  # errors of a section, and warnings


class Flaw(NamedTuple):
    """One thing to mend: line and column count from 1."""

    code: str
    message: str
    fix: str
    line: int
    column: int

    @property
    def error(self) -> bool:
        """Tell whether it refuses a push."""
        return CODES[self.code].severity == ERROR


class Report:
    """Collects what is wrong with one source."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.found: dict[tuple[str, str], tuple[int, str]] = {}
        self.room = {"error": MOST, "warning": MOST}

    def add(self, code: str, at: int, *words: object, fix: str | Callable[[], str] = "") -> None:
        """Note a finding at a place. `words` fill the patterns; a dear `fix` is made if needed."""
        kind = CODES[code]
        if not self.room[kind.severity]:
            return
        shown = [str(word)[:64] for word in words]
        message = kind.message.format(*shown)
        if (code, message) not in self.found:
            self.room[kind.severity] -= 1
            given = fix() if callable(fix) else fix
            self.found[code, message] = at, given or kind.fix.format(*shown)

    def flaws(self) -> list[Flaw]:
        """Return the findings in the order of the source."""
        rows = sorted((at, code, message, fix) for (code, message), (at, fix) in self.found.items())
        return [Flaw(code, message, fix, *place(self.html, at)) for at, code, message, fix in rows]


def place(text: str, at: int) -> tuple[int, int]:
    """Return line and column, from 1, of the character at `at`."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
