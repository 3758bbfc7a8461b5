"""The server's refusals (problem+json) as lines with a fix."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

import answers
from client import Server
from foreign import LEGEND, framed
from stop import CONFLICT, FIX, UNREACHABLE, Stop, one_line
from transport import Answer

FIXES: Dict[object, str] = {  # by code, else by status
    "secret_found": (
        "take it out and revoke it; "
        "if the user says that it is no secret, push with --allow-secrets (audited)"
    ),
    "insufficient_scope": (
        "the token needs plans:read, plans:write and comments:write: planpush logout, then"
        " planpush login; or make such a token on the server's page Settings, API tokens"
    ),
    "anchor_with_threads": (
        "if it was renamed, `put NEW --was OLD`; else answer its comments, then push with"
        " --allow-warnings"
    ),
    "unknown_thread": "planpush answer THREAD --drop forgets that answer; `threads` lists them",
    "conflict": "run the same command again",
    400: "run the verb with --help; if the command is right, the helper is older than the server",
    403: "ask the plan's owner to do it",
    404: "`plans` lists what you may see; a private plan's owner has to share it",
    413: "split the plan in two, or ask the admin about MAX_DOCUMENT_BYTES",
    410: "it is gone for good: name another version",
    422: "correct what is named, then run the same command again",
    415: "the helper is older than the server: update the plugin",
}

LATER = "run the same command again in a minute; if that does not help, tell the operator"
BETWEEN = "if the reason does not say what to do, check PLANPUSH_SERVER, and whether a proxy answers"


def code_of(answer: Answer) -> str:
    """Return the stable word of a refusal, empty where there is none."""
    code = answer.data.get("code") or re.split("[/#:]", str(answer.data.get("type") or ""))[-1]
    return str(code)


def must(
    server: Server, answer: Answer, anchors: Sequence[str] = (), threads: Sequence[str] = ()
) -> Answer:
    """Return a good answer; raise what a refusal means.

    `anchors` and `threads` are those of the push, whose refusal names them by number.
    """
    if answer.status < 300:
        return answer
    if answer.status == 401:
        raise signed_out(server)
    detail = one_line(answer.data.get("detail") or answer.data.get("title") or "no reason is given")
    word = " ".join([str(answer.status), one_line(code_of(answer))]).strip()
    errors = errors_of(answer)
    lines = [f"the server refused ({word}): {detail}"]
    lines += [finding(error, anchors, threads) for error in errors]
    lines += fixes(answer, errors)
    raise Stop(UNREACHABLE if answer.status >= 500 else FIX, *lines)


def fixes(answer: Answer, errors: List[Dict[str, Any]]) -> List[str]:
    """Return the line with the next step, unless the findings tell theirs."""
    codes = [code_of(answer), *(str(error.get("code")) for error in errors)]
    known = next((code for code in codes if code in FIXES), None)
    if known is None and any(error.get("fix") for error in errors):
        return []
    otherwise = LATER if answer.status >= 500 else BETWEEN
    return ["fix: " + FIXES.get(known or answer.status, otherwise)]


def own_fixes(found: Sequence[Dict[str, Any]]) -> List[str]:
    """Return the fixes that are verbs of this helper, each once."""
    codes = dict.fromkeys(str(one.get("code")) for one in found)
    return ["fix: " + FIXES[code] for code in codes if code in FIXES]


def errors_of(answer: Answer) -> List[Dict[str, Any]]:
    """Return the findings of a refusal; one that has none, or odd ones, is a refusal still."""
    errors = answer.data.get("errors")
    listed = errors if isinstance(errors, list) else []
    return [error for error in listed if isinstance(error, dict)]


def signed_out(server: Server) -> Stop:
    """Return the stop for a missing or dead token."""
    origin = server.credential.origin
    if not origin:
        return Stop(UNREACHABLE, f"not signed in at {server.address}", "fix: planpush login")
    told = {"login": "this sign-in", "PLANPUSH_TOKEN": "PLANPUSH_TOKEN"}
    what = f"{told.get(origin, f'the token in {origin}')} is not accepted"
    fix = "fix: planpush login"
    if origin == "PLANPUSH_TOKEN":
        fix = "fix: unset PLANPUSH_TOKEN and run planpush login; or set it to a token that holds"
    return Stop(UNREACHABLE, f"{what} at {server.address} (401)", fix)


def finding(
    error: Dict[str, Any], anchors: Sequence[str] = (), threads: Sequence[str] = ()
) -> str:
    """Return one error as `where line:column code message → fix`."""
    at = ""
    if error.get("line"):
        at = f"{error['line']}:{error.get('column') or 1}"
    parts = (field_name(error, anchors, threads), at, error.get("code"), error.get("message"))
    text = " ".join(one_line(part) for part in parts if part)
    if not error.get("fix") or str(error.get("code")) in FIXES:  # then a line of its own says it
        return text
    return f"{text} → {one_line(error['fix'])}"


def field_name(
    error: Dict[str, Any], anchors: Sequence[str], threads: Sequence[str] = ()
) -> str:
    """Return the field; a section's by its anchor: `sections[2].html` says little."""
    name = str(error.get("field") or "")
    match = re.match(r"(sections|responses)[.\[](\d{1,6})(?!\d)", name)
    if not match:
        return name
    listed = anchors if match[1] == "sections" else [f"answer to thread {one}" for one in threads]
    return listed[int(match[2])] if int(match[2]) < len(listed) else name


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
    lines.append("fix: planpush pull (keeps your edits, takes theirs elsewhere), then push")
    return Stop(CONFLICT, *lines)


def pushed(entry: Dict[str, Any]) -> str:
    """Return one version as a line."""
    who = entry.get("pushed_by") or "someone"
    who = who.get("name") or "someone" if isinstance(who, dict) else who
    version, when = one_line(entry.get("version")), one_line(entry.get("pushed_at"))
    text = f"v{version} pushed by {one_line(who)} at {when}"
    return text + (f": {one_line(entry['message'])}" if entry.get("message") else "")
