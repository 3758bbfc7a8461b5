"""A whole record as Markdown, with threads as footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planpush.document.comment_markdown import Marks
from planpush.document.export.markdown import section
from planpush.document.export.markdown_syntax import emphasise, escape, glue, indented, paragraph
from planpush.document.export.record import Note, Record, moment

BREAK = "\\"


def markdown(record: Record, sections: Iterable[tuple[str, str]]) -> str:
    """Return `record` with its `sections` (anchor and stored HTML) as one Markdown text."""
    placed = record.placed()
    parts = [_head(record)]
    for anchor, html in sections:
        here = placed.get(anchor, {})
        notes = {key: "".join(map(_reference, found)) for key, found in here.items()}
        parts.append(section(html, record.address, notes))
    if record.notes:
        parts.append(_appendix(record))
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _head(record: Record) -> list[str]:
    title = glue(emphasise(escape(record.title), "**"))
    pushed = f"pushed by {escape(record.pushed_by)} on {moment(record.pushed_at)}"
    lines = [f"> {title}, version {record.version}, {pushed}."]
    if record.message.strip():
        lines[0] += "\\"
        lines += [
            f"> {line.removesuffix(BREAK)}{BREAK}"
            for line in paragraph([escape(record.message).strip()])
        ]
    else:
        lines[0] += "\\"
    return [*lines, f"> <{record.address}>\\", f"> Digest `sha256:{record.digest}`"]


def _reference(note: Note) -> str:
    return f"[^{note.number}]"


def _appendix(record: Record) -> list[str]:
    """Return the notes; a footnote that nothing refers to would not be shown."""
    lines = ["---", "", "## Comments"]
    for name, notes in record.groups():
        lines += ["", f"{name}: {' '.join(map(_reference, notes))}"]
    marks = Marks()
    for note in record.notes:
        lines += ["", *_note(note, marks)]
    return lines


def _note(note: Note, marks: Marks) -> list[str]:
    lines = [_facts(note)]
    if note.differs:
        lines += ["", f"Now it says: {_quote(note.now)}"]
    for comment in note.comments:
        by = glue(emphasise(escape(comment.by), "**"))
        agent = " (by an agent)" if comment.by_agent else ""
        written = f"{by}{agent}, {moment(comment.at)}"
        if comment.body is None:
            lines += ["", f"{written}:", "", "This comment was deleted."]
        else:
            edited = ", edited" if comment.edited_at else ""
            lines += ["", f"{written}{edited}:", "", *_quoted(comment.body, marks)]
    if note.answer:
        doubt = ", but the text is unchanged" if note.answer.unchanged else ""
        lines += ["", f"Answered: {escape(note.answer.status)}{doubt}."]
        lines += ["", *_quoted(note.answer.note, marks)] if note.answer.note.strip() else []
    return indented(lines, f"[^{note.number}]: ", "    ")


def _facts(note: Note) -> str:
    about = f" on {_quote(note.then)}" if note.then.strip() else ""
    about = " on words that were purged" if note.purged else about
    state = "" if note.place.state == "exact" else f"; the place is {note.place.state} here"
    return f"{escape(note.status)}{about}. Opened on version {note.opened_on}{state}."


def _quote(text: str) -> str:
    return f"“{escape(text[:300]).strip()}{'…' if len(text) > 300 else ''}”"


def _quoted(body: str, marks: Marks) -> Sequence[str]:
    """Return a comment as Markdown that says what its page shows, and nothing beyond."""
    return indented(section(marks.prose(body)), "> ", "> ")
