"""Exports a version as HTML, Markdown or annotations."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from planpush.comments.thread import OPEN
from planpush.comments.thread_rows import CommentRow
from planpush.comments.version_view import Card, Reading
from planpush.document.anchoring.placement import Placement
from planpush.document.export.annotations import MEDIA_TYPE, collection
from planpush.document.export.markdown_record import markdown
from planpush.document.export.record import Answer, Note, NoteComment, Record, moment
from planpush.document.pins import is_drawn, splice
from planpush.paths import STATIC
from planpush.plans.plan import Plan
from planpush.plans.section import expand, unpack_pins
from planpush.web.assets import STYLES
from planpush.web.auth import config, current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import number
from planpush.web.templates import bless, sprite

exports = Blueprint("exports", __name__)
_POLICY = (
    "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'"
)
# What only an answer can say; opened in place, the file is nobody's page and runs nothing.
_ANSWER = "; object-src 'none'; frame-ancestors 'none'; sandbox"


@exports.get("/p/<slug>/export.html", defaults={"form": "html"})
@exports.get("/p/<slug>/export.md", defaults={"form": "md"})
@exports.get("/p/<slug>/export.json", defaults={"form": "json"})
@limited("export", limit=120, seconds=60, apart=True)
def show(slug: str, form: str) -> Response:
    """Answer a version as one file, with its threads unless `comments=0`."""
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, number("v"), content=True)
    response = _FORMS[form](reading, _record(reading))
    inline = form == "html" and request.args.get("disposition") == "inline"
    name = f'filename="{plan.slug}-v{reading.version.number}.{form}"'
    response.headers["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; {name}"
    return response


def _html(reading: Reading, record: Record) -> Response:
    css, policy = _styles()
    page = render_template(
        "exports/show.html",
        record=record,
        document=_document(reading, record),
        icons=sprite(tuple(sorted({name for piece in reading.pieces for name in piece.icons}))),
        styles=css,
        policy=policy,
        moment=moment,
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy + _ANSWER
    return response


def _markdown(reading: Reading, record: Record) -> Response:
    sections = [(piece.anchor, expand(piece.html).decode()) for piece in reading.pieces]
    return Response(markdown(record, sections), mimetype="text/markdown")


def _json(reading: Reading, record: Record) -> Response:
    found = collection(record, reading.version.blocks())
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    return Response(text, content_type=MEDIA_TYPE)


_FORMS = {"html": _html, "md": _markdown, "json": _json}


@cache
def _styles() -> tuple[Markup, str]:
    """Return what the document needs of our styles, and the policy that allows just that."""
    names = [name for name in STYLES if name in ("tokens", "base", "doc", "print")
             or name.startswith("doc-")]  # fmt: skip
    names.insert(-1, "export")
    css = "".join((STATIC / "css" / f"{name}.css").read_text() for name in names)
    return bless(css), _POLICY.format(b64encode(sha256(css.encode()).digest()).decode())


def _document(reading: Reading, record: Record) -> Markup:
    """Return the stored document with references to the notes where the page has pins."""
    placed, body = record.placed(), list[bytes]()
    for piece in reading.pieces:
        html, pins = expand(piece.html), unpack_pins(piece.pins)
        inserts = {
            key: _references(notes, drawn=is_drawn(html, pins, key))
            for key, notes in placed.get(piece.anchor, {}).items()
            if key < len(pins)
        }
        body.append(splice(html, pins, inserts))
    return bless(b"".join(body).decode())


def _references(notes: Sequence[Note], *, drawn: bool) -> bytes:
    return render_template("exports/_references.html", notes=notes, drawn=drawn).strip().encode()


def _record(reading: Reading) -> Record:
    plan, version = reading.plan, reading.version
    cards = reading.cards if request.args.get("comments") != "0" else []
    return Record(
        title=plan.title,
        slug=plan.slug,
        address=f"{config().base_url}/p/{plan.slug}?v={version.number}",
        version=version.number,
        newest=plan.newest,
        pushed_by=version.pushed_by.name,
        pushed_at=version.pushed_at,
        message=version.message,
        digest=version.digest,
        notes=[_note(number, card) for number, card in enumerate(cards, 1)],
    )


def _note(number: int, card: Card) -> Note:
    thread, place = card.thread, card.placement
    status = thread.answer_status
    return Note(
        number=number,
        id=thread.id,
        open=thread.state == OPEN,
        blocking=thread.blocking,
        opened_on=thread.opened_on,
        origin=card.origin,
        place=Placement.of(place),
        confirmed=place.confirmed,
        then=card.then,
        now=place.words,
        differs=card.differs and bool(place.words),
        comments=[_comment(comment) for comment in thread.comments],
        answer=Answer(status, thread.answer_note, thread.answer_unchanged) if status else None,
        resolved_by=thread.resolved_by.name if thread.resolved_by else "",
        resolved_at=thread.resolved_at,
    )


def _comment(comment: CommentRow) -> NoteComment:
    gone = comment.deleted_at is not None
    return NoteComment(
        id=comment.id,
        by=comment.author.name,
        at=comment.created_at,
        body=None if gone else comment.body,
        edited_at=comment.edited_at,
        by_agent=bool(comment.via),
    )
