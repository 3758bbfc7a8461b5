"""The server's refusals (problem+json) as lines with a fix."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

import answers
from client import NEW_TOKEN, Answer, Server
from foreign import LEGEND, framed
from stop import CONFLICT, FIX, UNREACHABLE, Stop, one_line

FIXES: Dict[object, str] = {  # by code, else by status
    "secret_found": (
        "take it out and revoke it; "
        "if the user says that it is no secret, push with --allow-secrets (audited)"
    ),
    "insufficient_scope": f"the token needs plans:read and plans:write: {NEW_TOKEN}",
    400: "run the verb with --help; if the command is right, the helper is older than the server",
    403: "ask the plan's owner to do it",
    404: "`plans` lists what you may see; a private plan's owner has to share it",
    413: "split the plan in two, or ask the admin about MAX_DOCUMENT_BYTES",
    415: "the helper is older than the server: update the plugin",
}


def code_of(answer: Answer) -> str:
    """Return the stable word of a refusal."""
    code = answer.data.get("code") or re.split("[/#:]", str(answer.data.get("type")))[-1]
    return str(code)


def must(server: Server, answer: Answer, anchors: Sequence[str] = ()) -> Answer:
    """Return a good answer; raise what a refusal means. `anchors` are those of the push."""
    if answer.status < 300:
        return answer
    if answer.status == 401:
        raise signed_out(server)
    detail = one_line(answer.data.get("detail") or answer.data.get("title") or "")
    lines = [f"the server refused ({answer.status} {one_line(code_of(answer))}): {detail}"]
    errors = errors_of(answer)
    lines += [finding(error, anchors) for error in errors]
    if code_of(answer) in FIXES:
        lines.append("fix: " + FIXES[code_of(answer)])
    elif answer.status in FIXES and not any(error.get("fix") for error in errors):
        lines.append("fix: " + FIXES[answer.status])
    raise Stop(UNREACHABLE if answer.status >= 500 else FIX, *lines)


def errors_of(answer: Answer) -> List[Dict[str, Any]]:
    """Return the findings of a refusal; one that has none, or odd ones, is a refusal still."""
    errors = answer.data.get("errors")
    listed = errors if isinstance(errors, list) else []
    return [error for error in listed if isinstance(error, dict)]


def signed_out(server: Server) -> Stop:
    """Return the stop for a missing or dead token."""
    what = "the token is not accepted" if server.token else "not signed in"
    return Stop(UNREACHABLE, f"{what} at {server.address} (401)", f"fix: {NEW_TOKEN}")


def finding(error: Dict[str, Any], anchors: Sequence[str] = ()) -> str:
    """Return one error as `where line:column code message → fix`."""
    at = ""
    if error.get("line"):
        at = f"{error['line']}:{error.get('column') or 1}"
    parts = (field_name(error, anchors), at, error.get("code"), error.get("message"))
    text = " ".join(one_line(part) for part in parts if part)
    if not error.get("fix") or str(error.get("code")) in FIXES:  # then a line of its own says it
        return text
    return f"{text} → {one_line(error['fix'])}"


def field_name(error: Dict[str, Any], anchors: Sequence[str]) -> str:
    """Return the field, a section's by its anchor: `sections[2].html` says little."""
    name = str(error.get("field") or "")
    match = re.match(r"sections[.\[](\d{1,6})(?!\d)", name)
    if match and int(match.group(1)) < len(anchors):
        return anchors[int(match.group(1))]
    return name


def missing(answer: Answer, anchors: Sequence[str]) -> List[str]:
    """Return the anchors that a `missing_sections` refusal asks for; all when it names none."""
    named = [field_name(error, anchors) for error in errors_of(answer)]
    for listed in ("anchors", "missing", "sections"):
        value = answer.data.get(listed)
        named += value if isinstance(value, list) else []
    return [anchor for anchor in anchors if anchor in named] or list(anchors)


def conflict(answer: Answer, plan: str, base: object, theirs: List[str], both: List[str]) -> Stop:
    """Return the stop for a newer push: who pushed what, and what to do."""
    lines = [f"conflict: {plan} moved on from v{base}; nothing of this push was stored"]
    current = answers.record(answer.data, "current")
    since = answers.records(answer.data, "since") if answer.data.get("since") else [current]
    lines += [LEGEND, *framed(pushed(entry) for entry in since if entry)]
    if theirs:
        lines.append("they changed: " + ", ".join(theirs))
    if both:
        lines.append("you changed these too: " + ", ".join(both))
    lines.append(f"fix: planpush use {plan} (keeps your edits, takes theirs elsewhere), then push")
    return Stop(CONFLICT, *lines)


def pushed(entry: Dict[str, Any]) -> str:
    """Return one version as a line."""
    who = entry.get("pushed_by") or "someone"
    who = who.get("name") or "someone" if isinstance(who, dict) else who
    version, when = one_line(entry.get("version")), one_line(entry.get("pushed_at"))
    text = f"v{version} pushed by {one_line(who)} at {when}"
    return text + (f": {one_line(entry['message'])}" if entry.get("message") else "")
