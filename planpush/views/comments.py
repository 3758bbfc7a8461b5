"""Comments: reply to a thread, edit and delete one's own words."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from planpush.models.comment import Comment, checked_body
from planpush.models.plan import Plan
from planpush.models.reading import Reading
from planpush.models.thread import Thread
from planpush.web.auth import current_user
from planpush.web.limits import limited
from planpush.web.respond import changed, first_time, fragment, on_invalid

comments = Blueprint("comments", __name__)


@comments.post("/p/<slug>/threads/<int:thread_id>/comments")
@limited("comment", limit=120, seconds=60)
def create(slug: str, thread_id: int) -> Response:
    """Reply. Words that cannot be stored come back in their form, 422."""
    user = current_user()
    plan = Plan.find(slug, user, lock=True)
    typed = request.form.get("body", "")
    on_invalid(lambda problem: _card(slug, thread_id, status=422, reply=typed, error=str(problem)))
    thread = Thread.find(plan, thread_id)
    body = checked_body(typed)
    if first_time(user):
        thread.comment(body, by=user)
    return _changed(slug, thread_id, status=201, said="Reply added.")


@comments.get("/p/<slug>/comments/<int:comment_id>/edit")
def edit(slug: str, comment_id: int) -> Response:
    """Answer the card with this comment as a form."""
    comment = Comment.find(Plan.find(slug, current_user()), comment_id)
    return _card(slug, comment.thread_id, editing=comment_id)


@comments.patch("/p/<slug>/comments/<int:comment_id>")
def update(slug: str, comment_id: int) -> Response:
    """Change one's own words."""
    comment = Comment.find(Plan.find(slug, current_user(), lock=True), comment_id)
    typed, thread_id = request.form.get("body", ""), comment.thread_id
    on_invalid(
        lambda problem: _card(
            slug, thread_id, status=422, editing=comment_id, edited=typed, error=str(problem)
        )
    )
    comment.edit(checked_body(typed), by=current_user())
    return _changed(slug, thread_id, said="Comment changed.")


@comments.delete("/p/<slug>/comments/<int:comment_id>")
def destroy(slug: str, comment_id: int) -> Response:
    """Take one's own words away; "deleted" stays in their place."""
    comment = Comment.find(Plan.find(slug, current_user(), lock=True), comment_id)
    comment.delete(by=current_user())
    return _changed(slug, comment.thread_id, said="Comment deleted.")


def _changed(slug: str, thread_id: int, *, said: str, status: int = 200) -> Response:
    plan = Plan.find(slug, current_user())
    return changed(
        "comments/create.htmx.html",
        page=f"/p/{slug}?thread={thread_id}#t{thread_id}",
        status=status,
        plan=plan,
        card=Reading(plan).card(thread_id),
        user=current_user(),
        said=said,
        editing=None,
    )


def _card(slug: str, thread_id: int, *, status: int = 200, **typed: Any) -> Response:
    plan = Plan.find(slug, current_user())
    context: dict[str, Any] = {"editing": None, **typed}
    return fragment(
        "threads/show.htmx.html",
        status=status,
        plan=plan,
        card=Reading(plan).card(thread_id),
        user=current_user(),
        **context,
    )
