"""Replies, edits and deletes comments."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.comment import Comment, checked_body
from planpush.comments.drafts import Draft
from planpush.comments.thread import Thread
from planpush.comments.version_view import Card, Reading
from planpush.pages.plans.plans import Typed, page
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import (
    changed,
    claim,
    fragment,
    on_invalid,
    shown_version,
    wants_fragment,
)

comments = Blueprint("comments", __name__)


@comments.post("/p/<slug>/threads/<id:thread_id>/comments")
@limited("comment", limit=300, seconds=60)
def create(slug: str, thread_id: int) -> Response:
    """Reply. Words that cannot be stored come back in their form, 422."""
    user = current_user()
    plan = Plan.find(slug, user, lock=True)
    typed = request.form.get("body", "")
    on_invalid(lambda problem: _card(slug, Typed(thread_id, typed, error=str(problem)), 422))
    thread = Thread.bare(plan, thread_id)
    body = checked_body(typed)
    if claim(user).first:
        thread.comment(body, by=user)
        Draft.forget(plan, f"reply:{thread_id}", by=user)
    return renewed(slug, thread_id, status=201, said="Reply added.")


@comments.get("/p/<slug>/comments/<id:comment_id>/edit")
def edit(slug: str, comment_id: int) -> Response:
    """Answer the card with this comment as a form."""
    comment = Comment.find(Plan.find(slug, current_user()), comment_id)
    return _card(slug, Typed(comment.thread_id, editing=comment_id))


@comments.patch("/p/<slug>/comments/<id:comment_id>")
@limited("comment", limit=300, seconds=60)
def update(slug: str, comment_id: int) -> Response:
    """Change one's own words."""
    comment = Comment.find(Plan.find(slug, current_user(), lock=True), comment_id)
    typed, thread_id = request.form.get("body", ""), comment.thread_id
    on_invalid(lambda problem: _card(slug, Typed(thread_id, typed, str(problem), comment_id), 422))
    body = checked_body(typed)
    if claim(current_user()).first:
        comment.edit(body, by=current_user())
        Draft.forget(comment.thread.plan, f"edit:{comment_id}", by=current_user())
    return renewed(slug, thread_id, said="Comment changed.")


@comments.delete("/p/<slug>/comments/<id:comment_id>")
@limited("comment", limit=300, seconds=60)
def destroy(slug: str, comment_id: int) -> Response:
    """Take one's own words away; "deleted" stays in their place."""
    comment = Comment.find(Plan.find(slug, current_user(), lock=True), comment_id)
    comment.delete(by=current_user())
    Draft.forget(comment.thread.plan, f"edit:{comment_id}", by=current_user())
    return renewed(slug, comment.thread_id, said="Comment deleted.")


def renewed(slug: str, thread_id: int, *, said: str, status: int = 200) -> Response:
    """Answer the card of a thread whose comments changed."""
    plan = Plan.find(slug, current_user())
    return changed(
        "comments/create.htmx.html",
        page=f"/p/{slug}?thread={thread_id}#t{thread_id}",
        status=status,
        plan=plan,
        card=Card.find(plan, shown_version(), thread_id),
        user=current_user(),
        said=said,
        typed=None,
    )


def _card(slug: str, typed: Typed, status: int = 200) -> Response:
    plan = Plan.find(slug, current_user())
    if not wants_fragment():
        reading = Reading(plan, shown_version())
        context = page(reading, active=reading.card(typed.thread).thread.id, typed=typed)
        return fragment("plans/show.html", status=status, **context)
    return fragment(
        "threads/show.htmx.html",
        status=status,
        plan=plan,
        card=Card.find(plan, shown_version(), typed.thread),
        user=current_user(),
        typed=typed,
    )
