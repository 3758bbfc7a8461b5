"""Retries deliveries."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request

from planpush.notifications.channel_status import way
from planpush.notifications.delivery_log import line, send_again, send_all_again, try_now
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.deliveries import address, asked
from planpush.web.auth import current_user
from planpush.web.responses import changed

delivery_attempts = restricted("delivery_attempts", "settings.change")


@delivery_attempts.post("/admin/deliveries/<id:delivery_id>/attempt")
def create(delivery_id: int) -> Response:
    """Send one again that died or was dropped."""
    send_again(delivery_id, by=current_user())
    state, outlet = asked()
    page = address(at=f"pp-delivery-{delivery_id}", state=state, outlet=outlet)
    shown: dict[str, Any] = {"state": state, "outlet": outlet, "address": address}
    shown["line"] = line(delivery_id)
    return changed("admin/deliveries/attempt.htmx.html", page=page, **shown)


@delivery_attempts.post("/admin/deliveries/attempts")
def update() -> Any:
    """Send all again that died at an outlet; or let one try at once that waits."""
    found = way(request.form.get("outlet", ""))
    act = send_all_again if "dead" in request.form else try_now
    act(found.key, by=current_user())
    return redirect(address(outlet=found.key), 303)
