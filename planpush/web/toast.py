"""The message after a bulk action, with undo."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from planpush.dashboard.bulk import Outcome

# What was done, what one may not do, and what was so before.
_SAID = {
    "archive": ("archived", "archive", "archived already"),
    "unarchive": ("taken out of the archive", "take out of the archive", "not in the archive"),
    "publish": ("published", "publish", "published already"),
    "unpublish": ("made private", "make private", "private already"),
}


@dataclass(frozen=True, slots=True)
class Toast:
    """Words for who did something; `token` takes it back, empty if nothing is to be taken back."""

    words: str
    token: str = ""


def toast_of(outcome: Outcome) -> Toast:
    """Return what is said of an outcome."""
    return Toast(_words(outcome), outcome.sealed() if outcome.can_be_undone else "")


def asked_toast() -> Toast | None:
    """Return what `?undo=` says to who did it, for ten minutes."""
    token = request.args.get("undo", "")
    user = g.get("user")
    found = Outcome.opened(token, user) if token and user is not None else None
    return Toast(_words(found), token if found.can_be_undone else "") if found else None


def _words(outcome: Outcome) -> str:
    done, do, before = _SAID[outcome.move]
    moved = len(outcome.ids)
    first = f"{_plans(moved)} {done}." if moved else "Nothing changed."
    said = [f"Undone: {first}" if outcome.is_undo and moved else first]
    if outcome.move == "publish" and moved:
        said.append(f"Everybody who is signed in can see {_them(moved)}.")
    if outcome.already:
        said.append(f"{_were(outcome.already)} {before}.")
    if outcome.meanwhile:
        kept = "stays as it is" if outcome.meanwhile == 1 else "stay as they are"
        said.append(f"{_were(outcome.meanwhile)} changed meanwhile and {kept}.")
    if outcome.refused:
        said.append(f"{outcome.refused} {_is(outcome.refused)} not yours to {do}.")
    if outcome.unknown:
        said.append(f"{_were(outcome.unknown)} not found.")
    return " ".join(said)


def _plans(count: int) -> str:
    return f"{count} plan" if count == 1 else f"{count} plans"


def _were(count: int) -> str:
    return f"{count} was" if count == 1 else f"{count} were"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
