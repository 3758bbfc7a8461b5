"""Downloads a person's own data."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, stream_with_context

from planpush.accounts.user import User
from planpush.database.session import afterwards, now
from planpush.events.event import Event
from planpush.privacy.personal_data import archive
from planpush.web.auth import current_user
from planpush.web.downloads import alone
from planpush.web.rate_limits import limited

personal_data = Blueprint("personal_data", __name__)


@personal_data.get("/settings/profile/data")
@limited("personal-data", limit=6, seconds=60)
def show() -> Response:
    """Answer one's own data, a ZIP that is sent while it is made."""
    return archive_of(current_user())


def archive_of(user: User) -> Response:
    """Return all that is stored about a person as a file; the audit log says who took it."""
    pieces = alone(archive(user.id), current_user().id)
    note = partial(Event.record, "user.exported", by=current_user(), target=user.email)
    afterwards(note)
    response = Response(stream_with_context(pieces), mimetype="application/zip")
    name = f"planpush-person-{user.id}-{now():%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
