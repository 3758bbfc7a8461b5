"""Removes a person's names from text and data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_LEAST = 2  # characters of a name that is looked for: one letter stands everywhere
# Where data hold a name or a number of somebody at a provider, and nothing else.
_NAMED = frozenset({"target", "login", "name", "was", "from", "user", "subject"})
# What an event about sessions and devices tells of where somebody is.
_PLACES = frozenset({"address", "agent", "device", "from", "login", "name"})


@dataclass(frozen=True)
class Names:
    """What somebody was called. `addresses` are e-mail, `names` are shown, `ids` are a provider's.

    They are `pseudonym` from now on, and where an address is wanted, `address`.
    """

    addresses: tuple[str, ...]
    names: tuple[str, ...]
    ids: tuple[str, ...]
    pseudonym: str
    address: str

    @property
    def spoken(self) -> list[str]:
        """Return what of it is looked for in the words of others: addresses, and names behind @."""
        return [*self.addresses, *(f"@{name}" for name in self.names)]

    @property
    def every(self) -> list[str]:
        """Return all of it."""
        return [*self.addresses, *self.names, *self.ids]

    def out_of_words(self, text: str, said: Iterable[str] = ()) -> str:
        """Return a comment without them; `said` is how it names them besides, without the @."""
        named = [*self.addresses, *self.names, *said]
        if not text or not named:
            return text
        behind = re.compile(rf"@(?:{_any(named)})(?!\w)", re.IGNORECASE)
        text = behind.sub(f"@{self.pseudonym}", text)
        return self._addressed.sub(self.pseudonym, text)

    def out_of_data(self, value: Any, key: str = "target", *, named: bool = True) -> Any:
        """Return an event's value without them; an address becomes `address`.

        Without `named` only addresses go: what is called like them there is something else.
        """
        if isinstance(value, str):
            if named and key in _NAMED and value.casefold() in self._exactly:
                return self.pseudonym
            return self._addressed.sub(self.address, value)
        if isinstance(value, dict):
            return {name: self.out_of_data(one, name, named=named) for name, one in value.items()}
        if isinstance(value, list):
            return [self.out_of_data(one, key, named=named) for one in value]
        return value

    @cached_property
    def _exactly(self) -> frozenset[str]:
        return frozenset(one.casefold() for one in (*self.names, *self.ids))

    @cached_property
    def _addressed(self) -> re.Pattern[str]:
        if not self.addresses:
            return re.compile(r"(?!)")
        return re.compile(rf"(?<![\w.+-])(?:{_any(self.addresses)})(?![\w-])", re.IGNORECASE)


def placeless(data: dict[str, Any]) -> dict[str, Any]:
    """Return what an event tells of a session or a device, without where and whose that is."""
    return {name: value for name, value in data.items() if name not in _PLACES}


def known(*told: Any) -> tuple[str, ...]:
    """Return texts, each once, without those too short to be looked for; None is left out."""
    kept = dict.fromkeys(text.strip() for text in told if isinstance(text, str))
    return tuple(text for text in kept if len(text) >= _LEAST)


def leaves(value: Any) -> list[str]:
    """Return every text in JSON data."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in leaves(one)]


def _any(texts: Iterable[str]) -> str:
    longest_first = sorted(set(texts), key=len, reverse=True)
    return "|".join(r"\s+".join(re.escape(part) for part in text.split()) for text in longest_first)
