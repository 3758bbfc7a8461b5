"""The door for the server's answers: what planpush sends, checked, or a stop with a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Pattern

from stop import UNREACHABLE, Stop
from transport import Answer

Data = Dict[str, Any]

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")  # plans and anchors
WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")  # ids and states
CURSOR = re.compile(r"[!-~]{1,200}")
HASH = re.compile(r"[0-9a-f]{64}")
ADDRESS = re.compile(r"https?://\S{1,2000}")
LARGEST = 2**53


@dataclass
class Plan:
    """A plan as a list or its own page tells it. `title` is foreign text, as it came."""

    slug: str
    title: str
    visibility: str
    url: str
    version: int  # 0 before the first push
    open_threads: int


@dataclass
class Outline:
    """A version's sections: `anchor`, `sha256` and `open_threads` of each."""

    version: int
    sections: List[Data]


@dataclass
class Pushed:
    """What became of a push; `warnings` are findings, not yet made fit to print."""

    plan: str
    version: int
    url: str
    visibility: str
    sections: Dict[str, int]
    threads: Dict[str, int]
    unanswered: List[str]
    warnings: List[Data]


@dataclass
class Answered:
    """What became of an answer to a thread, and which open threads have none."""

    status: str
    unchanged: bool
    unanswered: List[str]


def plans(answer: Answer) -> List[Plan]:
    """Return the plans of a list."""
    return [plan(entry) for entry in records(answer.data, "plans")]


def plan(data: Data) -> Plan:
    """Return one plan."""
    return Plan(
        slug=text(data, "plan", SLUG),
        title=str(data.get("title") or ""),
        visibility=text(data, "visibility", WORD, ""),
        url=text(data, "url", ADDRESS, ""),
        version=number(data, "version", 0),
        open_threads=number(data, "open_threads", 0),
    )


def outline(answer: Answer) -> Outline:
    """Return the outline of a plan."""
    return Outline(number(answer.data, "version"), entries(answer.data, "sections"))


def entries(data: Data, name: str) -> List[Data]:
    """Return the sections of an outline, with nothing in them but what is used here."""
    return [
        {
            "anchor": text(entry, "anchor", SLUG),
            "sha256": text(entry, "sha256", HASH),
            "open_threads": number(entry, "open_threads", 0),
        }
        for entry in records(data, name)
    ]


def pushed(answer: Answer) -> Pushed:
    """Return what a push that the server took became."""
    data = answer.data
    return Pushed(
        plan=text(data, "plan", SLUG),
        version=number(data, "version"),
        url=text(data, "url", ADDRESS),
        visibility=text(data, "visibility", WORD, ""),
        sections=counts(data, "sections"),
        threads=counts(data, "threads"),
        unanswered=words(data, "unanswered"),
        warnings=records(data, "warnings"),
    )


def answered(answer: Answer) -> Answered:
    """Return what became of an answer to a thread."""
    told = record(answer.data, "answer")
    return Answered(
        status=text(told, "status", WORD),
        unchanged=told.get("unchanged") is True,
        unanswered=words(answer.data, "unanswered"),
    )


def threads(answer: Answer) -> List[Data]:
    """Return the threads as they came, after a look at every part that is printed unframed."""
    found = records(answer.data, "threads")
    for thread in found:
        text(thread, "id", WORD)
        text(thread, "anchor", SLUG, "")
        place = record(thread, "placement")
        text(place, "anchor", SLUG, "")
        text(place, "state", WORD, "")
        text(record(thread, "answer"), "status", WORD, "")
        for comment in records(thread, "comments"):
            record(comment, "author")
    return found


def text(data: Data, name: str, shape: Pattern[str], default: Optional[str] = None) -> str:
    """Return a text of this shape; `default` stands for one that is missing or empty."""
    value = data.get(name)
    if value in (None, "") and default is not None:
        return default
    if isinstance(value, str) and shape.fullmatch(value) and value.isprintable():
        return value
    raise odd(name)


def number(data: Data, name: str, default: Optional[int] = None) -> int:
    """Return a count or a version; `default` stands for one that is missing."""
    value = default if data.get(name) is None else data[name]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST:
        return value
    raise odd(name)


def counts(data: Data, name: str) -> Dict[str, int]:
    """Return numbers by name."""
    found = record(data, name)
    return {key: number(found, key, 0) for key in found}


def words(data: Data, name: str) -> List[str]:
    """Return a list of ids, empty when it is missing."""
    value = data.get(name) or []
    if not isinstance(value, list):
        raise odd(name)
    return [text({name: one}, name, WORD) for one in value]


def record(data: Data, name: str) -> Data:
    """Return an object, empty when it is missing."""
    value = data.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise odd(name)


def records(data: Data, name: str) -> List[Data]:
    """Return a list of objects; it has to be there."""
    value = data.get(name)
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    raise odd(name)


def odd(name: str) -> Stop:
    """Return the stop for an answer of another shape. `name` may be a key that the server chose."""
    known = name if WORD.fullmatch(name) else "counts"
    return Stop(
        UNREACHABLE,
        f"the server's answer is not what planpush sends: {known}",
        "fix: check PLANPUSH_SERVER; if it is right, update the plugin",
    )
