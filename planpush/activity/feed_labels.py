"""Which events the feed shows, its filters and its wording."""

from __future__ import annotations

from typing import Any

from planpush.notifications import event_rows
from planpush.reviews.sign_offs import APPROVED

_PUSHES = ("version.pushed",)
_COMMENTS = ("comment.added", "thread.answered", "thread.resolved", "thread.reopened")
_REVIEWS = ("review.asked", "review.withdrawn", "sign_off.given", "sign_off.withdrawn")
_DID = {
    "thread.answered": "answered a thread on",
    "thread.resolved": "resolved a thread on",
    "thread.reopened": "reopened a thread on",
    "review.asked": "asked {whom} to review",
    "review.withdrawn": "no longer asks {whom} to review",
    "editor.added": "made {whom} an editor of",
    "editor.removed": "took {whom} from the editors of",
    "sign_off.withdrawn": "took back their word on",
    "plan.published": "published",
    "plan.unpublished": "made private",
    "plan.renamed": "gave a new title to",
    "plan.handed_over": "handed over",
    "plan.archived": "archived",
    "plan.unarchived": "took",
}
_AFTER = {"plan.handed_over": "to {whom}", "plan.unarchived": "out of the archive"}
_PLANS = tuple(kind for kind in _DID if kind.startswith(("plan.", "editor.")))
KINDS = (*_PUSHES, *_COMMENTS, *_REVIEWS, *_PLANS)
SHOWS: dict[str, tuple[str, ...]] = {
    "": KINDS,
    "pushes": _PUSHES,
    "comments": _COMMENTS,
    "reviews": _REVIEWS,
    "mentions": (),
    "mine": KINDS,
}
CHIPS = {
    "": "All",
    "pushes": "Pushes",
    "comments": "Comments",
    "reviews": "Reviews",
    "mentions": "Mentions",
    "mine": "Mine",
}


def told_as(row: Any) -> dict[str, Any]:
    """Return how a row is told: its words, whether an agent did it, and where it leads."""
    if row.data is None:
        return _comment(row) | {"kind": "mentioned", "did": "mentioned you on"}
    whom = row.whom or "somebody"
    plain = {
        "kind": row.kind,
        "agent": bool(row.data.get("via")) or row.kind == "thread.answered",
        "did": _DID.get(row.kind, "").format(whom=whom),
        "after": _AFTER.get(row.kind, "").format(whom=whom),
        "href": _href(row),
        "words": "",
    }
    more = _MORE.get(row.kind)
    return plain | (more(row) if more else {})


def _comment(row: Any) -> dict[str, Any]:
    return {
        "agent": bool(row.via),
        "after": "",
        "href": _href(row),
        "words": event_rows.said(row.kept, row.deleted_at),
        "deleted": row.deleted_at is not None,
    }


def _added(row: Any) -> dict[str, Any]:
    first = row.comment_id is not None and row.comment_id == row.first
    return _comment(row) | {"did": "commented on" if first else "replied on"}


def _pushed(row: Any) -> dict[str, Any]:
    """Return how a push is told; of a purged version it is known that it was pushed."""
    number, gone = row.data.get("version"), row.purged_at is not None
    return {
        "did": f"pushed version {number} of",
        "agent": bool(row.agent),
        "words": "This version was purged." if gone else (row.message or "")[: event_rows.MOST],
        "href": f"/p/{row.slug}" + ("" if gone else f"?v={number}"),
    }


def _answered(row: Any) -> dict[str, Any]:
    return {"words": event_rows.ANSWERS.get(row.data.get("status", ""), "")}


def _removed(row: Any) -> dict[str, Any]:
    return {"did": "left the editors of"} if row.data.get("left") else {}


def _signed(row: Any) -> dict[str, Any]:
    approved = row.data.get("decision") in (APPROVED, "approve")
    number = row.data.get("version")
    did = "approved" if approved else "asked for changes to"
    return {"did": f"{did} version {number} of" if number else did}


def _href(row: Any) -> str:
    thread = f"?thread={row.thread_id}#t{row.thread_id}" if row.thread_id else ""
    return f"/p/{row.slug}{thread}"


_MORE = {
    "comment.added": _added,
    "version.pushed": _pushed,
    "thread.answered": _answered,
    "editor.removed": _removed,
    "sign_off.given": _signed,
}
