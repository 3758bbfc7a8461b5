"""The query language of lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rapidfuzz import process

from planpush.errors import Finding, Invalid

# A scheme is no key: an address that was pasted is looked for as it stands.
_TERM = re.compile(r'(-?)(?:([A-Za-z]+):(?!//))?("[^"]*"|\S+)')
_DATE = re.compile(r"([<>]?)(\d{4}-\d{2}-\d{2})")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; `key` is empty for a word of the text."""

    key: str
    value: str
    negated: bool = False
    phrase: bool = False  # it stood in quotes


def parse(text: str, keys: Mapping[str, frozenset[str]]) -> list[Term]:
    """Return the terms of `text`. `keys` names each key's values (none: any).

    Raises `Invalid` with a sentence that names the nearest key or value.
    """
    if len(text) > LONGEST or "\0" in text:
        raise Invalid(
            f"A query may have {LONGEST} characters.", [Finding("too_long", "", field="q")]
        )
    terms = []
    for minus, named, raw in _TERM.findall(text):
        key, value = named.lower(), raw.strip('"')
        if key and key not in keys:
            raise _unknown(f"{key}:", key, list(keys), ":")
        if key and keys[key]:
            value = value.lower()
        if key and keys[key] and value not in keys[key]:
            raise _unknown(f"{key}:{value}", value, sorted(keys[key]), "")
        if value:
            terms.append(Term(key, value, bool(minus), raw.startswith('"')))
    return terms


def _unknown(what: str, word: str, known: list[str], mark: str) -> Invalid:
    found = process.extractOne(word, known, score_cutoff=50)
    hint = f"did you mean {found[0]}{mark}?" if found else f"known are {', '.join(known)}"
    message = f"“{what}” is not known: {hint}"
    return Invalid(message, [Finding("unknown_term", message, field="q")])


def between(value: str) -> tuple[datetime, datetime]:
    """Return the span that `>2026-11-01`, `<2026-11-01` or `2026-11-01` stands for, in UTC."""
    match = _DATE.fullmatch(value)
    try:
        day = datetime.strptime(match[2] if match else "", "%Y-%m-%d").replace(tzinfo=UTC)
        next_day = day + timedelta(days=1)
    except (ValueError, OverflowError):
        message = f"{value} is no date: write updated:>2026-11-01"
        raise Invalid(message, [Finding("bad_date", message, field="q")]) from None
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    sign = match[1] if match else ""
    if sign == ">":
        return day, last
    return (first, day) if sign == "<" else (day, next_day)
