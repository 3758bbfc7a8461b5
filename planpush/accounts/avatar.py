"""Initials and color that stand for a person."""

from __future__ import annotations

from dataclasses import dataclass, field

HUES = 6


def initials(name: str, email: str) -> str:
    """Return one or two letters."""
    words = [word for word in name.split() if word[0].isalnum()] or [email]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(user_id: int) -> int:
    """Return the colour class, 1 to 6: the same person always has the same."""
    return user_id % HUES + 1


@dataclass(frozen=True, slots=True)
class Face:
    """As much of a person as a list shows: to load all of them takes longer than the list."""

    id: int
    name: str
    email: str = field(repr=False)

    @property
    def initials(self) -> str:
        """Return one or two letters."""
        return initials(self.name, self.email)

    @property
    def hue(self) -> int:
        """Return the colour class."""
        return hue(self.id)
