"""Collects findings: each once, at its first position, up to a limit."""

from __future__ import annotations

from collections.abc import Callable

from planpush.document.findings import CODES, ERROR, WARNING, place
from planpush.errors import Finding

MOST = 50  # errors of a section, and warnings


class Report:
    """Collects what is wrong with one source."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.found: dict[tuple[str, str], tuple[int, str]] = {}
        self.room = {ERROR: MOST, WARNING: MOST}

    def add(self, code: str, at: int, *words: object, fix: str | Callable[[], str] = "") -> None:
        """Note a finding at an offset.

        `words` fill the patterns of the code. A `fix` that takes work is only made if needed.
        """
        kind = CODES[code]
        if not self.room[kind.severity]:
            return
        shown = [str(word)[:64] for word in words]
        message = kind.message.format(*shown)
        if (code, message) not in self.found:
            self.room[kind.severity] -= 1
            given = fix() if callable(fix) else fix
            self.found[code, message] = at, given or kind.fix.format(*shown)

    def findings(self, field: str = "") -> list[Finding]:
        """Return the findings in the order of the source."""
        rows = sorted((at, code, message, fix) for (code, message), (at, fix) in self.found.items())
        return [
            Finding(code, message, fix, field, *place(self.html, at))
            for at, code, message, fix in rows
        ]
