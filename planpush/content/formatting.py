"""The list of active formatting elements of the HTML standard, as names and markup."""

from __future__ import annotations

from dataclasses import dataclass

_SAME = 3  # of one kind are kept; the standard calls this the Noah's Ark clause


@dataclass(slots=True, eq=False)
class Formatting:
    """An element that parsers open a copy of again in every block that follows, until it ends."""

    name: str
    markup: str
    open: bool = True


class ActiveFormatting:
    """Formatting elements not yet ended, outermost first, with a mark (None) at each table cell."""

    def __init__(self) -> None:
        self._entries: list[Formatting | None] = []

    def add(self, name: str, markup: str) -> Formatting:
        """Append an element that was just opened."""
        if self._entries:
            same = [entry for entry in self._since_mark() if entry.markup == markup]
            if len(same) >= _SAME:
                self.forget(same[-1])
        entry = Formatting(name, markup)
        self._entries.append(entry)
        return entry

    def forget(self, entry: Formatting) -> None:
        """Take an element off the list, if it is there."""
        if self._entries and self._entries[-1] is entry:
            self._entries.pop()
        else:
            self._entries = [known for known in self._entries if known is not entry]

    def last(self, name: str) -> Formatting | None:
        """The innermost element of that name since the mark."""
        return next((entry for entry in self._since_mark() if entry.name == name), None)

    def is_open(self) -> bool:
        """Whether nothing has to be opened again."""
        entry = self._entries[-1] if self._entries else None
        return entry is None or entry.open

    def closed(self) -> list[Formatting]:
        """The elements at the end of the list that a block has closed, outermost first."""
        found: list[Formatting] = []
        for entry in self._since_mark():
            if entry.open:
                break
            found.append(entry)
        return found[::-1]

    def mark(self) -> None:
        """Begin a scope, such as a table cell."""
        self._entries.append(None)

    def clear_to_mark(self) -> None:
        """End the innermost scope."""
        while self._entries and self._entries.pop() is not None:
            pass

    def _since_mark(self) -> list[Formatting]:
        found: list[Formatting] = []
        for entry in reversed(self._entries):
            if entry is None:
                break
            found.append(entry)
        return found
