"""Avatars: what stands for a person where there is no room for a name."""

from __future__ import annotations

HUES = 6


def initials(name: str, email: str) -> str:
    """Return one or two letters."""
    words = [word for word in name.split() if word[0].isalnum()] or [email]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(user_id: int) -> int:
    """Return the colour class, 1 to 6: the same person always has the same."""
    return user_id % HUES + 1
