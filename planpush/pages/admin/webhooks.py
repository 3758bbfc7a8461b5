"""Webhooks."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request

from planpush.channels.webhooks import checked
from planpush.errors import Problem
from planpush.notifications.channel_status import cards
from planpush.notifications.webhooks import EVENTS, LONGEST, Wanted, Webhook
from planpush.pages.admin.blueprint import restricted
from planpush.web.auth import begin_writing, current_user, prepares
from planpush.web.responses import on_invalid

webhooks = restricted("webhooks", "settings.change")
PAGE = "/admin/integrations/webhooks"


@webhooks.get(PAGE)
def index() -> Response:
    """Answer all of them, and the form for another one."""
    return _index()


@webhooks.post(PAGE)
@prepares
def create() -> Response:
    """Add one and show its secret: this is the only time it is seen."""
    on_invalid(_index, 409, 422)
    wanted = _wanted()
    wanted.refuse(new=True)
    host = checked(wanted.url)
    begin_writing()
    made, secret = Webhook.add(wanted, host, by=current_user())
    return _index(made=made, secret=secret, status=201)


@webhooks.get(f"{PAGE}/<id:hook_id>")
def edit(hook_id: int) -> Response:
    """Answer the form that changes one."""
    return edit_page(Webhook.find(hook_id))


@webhooks.patch(f"{PAGE}/<id:hook_id>")
@prepares
def update(hook_id: int) -> Any:
    """Change one. An empty address keeps the one that is there."""
    on_invalid(lambda problem: edit_page(Webhook.find(hook_id), problem))
    wanted = _wanted()
    Webhook.find(hook_id)
    wanted.refuse(new=False)
    host = checked(wanted.url)
    begin_writing()
    Webhook.find(hook_id).change(wanted, host, by=current_user())
    return redirect(f"{PAGE}#pp-hook-{hook_id}", 303)


@webhooks.delete(f"{PAGE}/<id:hook_id>")
def destroy(hook_id: int) -> Any:
    """Remove one, and what it was still to be told."""
    Webhook.find(hook_id).remove(by=current_user())
    return redirect(PAGE, 303)


def _index(problem: Problem | None = None, *, status: int = 200, **made: Any) -> Response:
    typed = _wanted() if problem else Wanted("", "", list(EVENTS))
    shown = {"made": None, "secret": ""} | made | {"cards": cards()}
    return _page("admin/webhooks/index.html", typed, problem, status, **shown)


def edit_page(hook: Webhook, problem: Problem | None = None, secret: str = "") -> Response:
    """Answer the form of one: as it is, or as it was typed."""
    typed = _wanted() if problem else Wanted(hook.name, "", hook.events)
    status = 201 if secret else 200
    return _page("admin/webhooks/edit.html", typed, problem, status, hook=hook, secret=secret)


def _page(
    template: str, typed: Wanted, problem: Problem | None, status: int, **shown: Any
) -> Response:
    told = {one.field: one.message for one in problem.errors} if problem else {}
    html = render_template(
        template,
        user=current_user(),
        typed=typed,
        errors={"name": "", "url": "", "events": ""} | told,
        error="" if told else str(problem or ""),
        kinds=EVENTS,
        longest=LONGEST,
        **shown,
    )
    return Response(html, status=problem.status if problem else status, mimetype="text/html")


def _wanted() -> Wanted:
    form = request.form
    return Wanted(form.get("name", ""), form.get("url", "").strip(), form.getlist("events"))
