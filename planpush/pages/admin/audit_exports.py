"""The audit log as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from flask import Response, g, request, stream_with_context

from planpush.activity.audit import FILE_REACH, MOST_EXPORTED, Audit, Entry
from planpush.database.session import afterwards, iso, now
from planpush.events.event import Event
from planpush.pages.admin.audit import address
from planpush.pages.admin.blueprint import restricted
from planpush.web.auth import config, current_user
from planpush.web.responses import number

audit_exports = restricted("audit_exports", "audit.read")
COLUMNS = ("id", "time", "actor", "actor_name", "action", "what", "object", "plan", "address",
           "request_id", "details")  # fmt: skip
# What a spreadsheet takes for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
Entries = Iterator[list[Entry]]


@audit_exports.get("/admin/audit.csv")
def show() -> Response:
    """Answer what the query finds, as CSV."""
    return _file("csv", "text/csv", _csv)


@audit_exports.get("/admin/audit.json")
def index() -> Response:
    """Answer what the query finds, as one JSON array."""
    return _file("json", "application/json", _json)


def _file(kind: str, mimetype: str, written: Callable[[Entries], Iterator[str]]) -> Response:
    """Stream the entries. Where a file ends before the log does, its name and a link say so."""
    q, before = request.args.get("q", ""), number("before")
    found = Audit(q)
    floor = found.floor(before, FILE_REACH)
    cut = found.cut_at(before, floor)
    data = {"format": kind, "q": q}
    afterwards(partial(Event.record, "audit.exported", by=current_user(), data=data))
    response = Response(
        stream_with_context(_sent(found.chunks(before, floor), written)), mimetype=mimetype
    )
    part = f"-of-newest-{FILE_REACH}" if cut == floor else f"-newest-{MOST_EXPORTED}"
    part = part if cut else ""
    name = f"audit-{now():%Y-%m-%d}{part}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if cut:
        rest = config().base_url + address(f".{kind}", q=q, before=cut)
        response.headers["Link"] = f'<{rest}>; rel="next"'
    return response


def _sent(chunks: Entries, written: Callable[[Entries], Iterator[str]]) -> Iterator[str]:
    g.writes = False  # what came after the request may have written; this only reads
    yield from written(chunks)


def _csv(chunks: Entries) -> Iterator[str]:
    yield _lines([COLUMNS])
    for entries in chunks:
        yield _lines([[_cell(value) for value in as_dict(entry).values()] for entry in entries])


def _lines(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(chunks: Entries) -> Iterator[str]:
    begun = False
    for entries in chunks:
        lines = ",\n".join(json.dumps(as_dict(entry), ensure_ascii=False) for entry in entries)
        if lines:
            yield (",\n" if begun else "[\n") + lines
            begun = True
    yield "\n]\n" if begun else "[]\n"


def as_dict(entry: Entry) -> dict[str, Any]:
    """Return an entry as a file tells it, in the order of `COLUMNS`."""
    values = (
        entry.id, iso(entry.at), entry.actor, entry.actor_name, entry.kind, entry.words,
        entry.object, entry.plan, entry.address, entry.request_id, entry.data,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
