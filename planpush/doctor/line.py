"""One check and its result."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """What was found; `fix` says what to do about it."""

    name: str
    state: str
    detail: str
    fix: str = ""


def ok(name: str, detail: str) -> Line:
    """Return that something is as it should be."""
    return Line(name, OK, detail)


def warn(name: str, detail: str, fix: str) -> Line:
    """Return that something works, and might not for long."""
    return Line(name, WARN, detail, fix)


def fail(name: str, detail: str, fix: str) -> Line:
    """Return that something does not work."""
    return Line(name, FAIL, detail, fix)
