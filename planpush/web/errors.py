"""Errors as a page, a fragment or JSON."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, render_template, request
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from planpush.accounts.tokens import SCOPES
from planpush.database.outages import RETRY_AFTER, SENTENCES, outage
from planpush.database.session import db
from planpush.errors import Problem, TooLarge
from planpush.logs import kind_of
from planpush.mcp.server import refuse
from planpush.web.auth import Unauthenticated, config, is_api, is_mcp, is_scim, own_path
from planpush.web.request_id import request_id

log = logging.getLogger("planpush")

_TEXTS = ("body", "note", "message")  # the fields of our forms that take more than a word


def of_database(error: Exception) -> Problem | None:
    """Return what an error of the database, or of its disk, is to whoever asked.

    None: it is an error of ours.
    """
    if isinstance(error, ObjectDeletedError):  # a row that this request held: its own session, say
        return Problem("That is gone since a moment ago.", status=409, code="conflict")
    if isinstance(error, IntegrityError):
        kind = type(error.orig).__name__  # its text may hold what was sent
        log.warning("two requests for one thing, request %s: %s", request_id(), kind)
        return Problem("Somebody did the same at this moment.", status=409, code="conflict")
    kind = outage(error)
    if not kind:
        return None
    what = kind_of(getattr(error, "orig", None) or error)
    log.error("database, request %s: %s: %s", request_id(), kind, what)
    return unavailable(kind)


def unavailable(kind: str) -> Problem:
    """Return the problem that an outage is: 503, with the seconds after which to try again."""
    extra = {"retry_after": RETRY_AFTER[kind]}
    return Problem(SENTENCES[kind], extra=extra, status=503, code=kind)


def typed(status: int) -> list[str]:
    """Return what somebody typed into a form that could not be saved: they get it back."""
    if status != 503 or request.method != "POST":
        return []
    return [text for name in _TEXTS if (text := request.form.get(name, "").strip())]


WHAT_TO_DO = {
    400: "Something in the address or the form is not as it should be. Go back and try again.",
    403: "You may see this, but not do that.",
    404: "Check the address. If somebody sent it to you, ask them whether the plan is published.",
    405: "This address does not take that kind of request.",
    409: "Somebody else was faster. Reload the page to see what changed.",
    410: "It was here, and it is gone for good.",
    413: "Send less.",
    422: "Correct what is named below and send it again.",
    429: "Wait a moment, then try again.",
    500: "This is our fault, and it is logged. Nothing was half saved. Try again.",
    503: "Try again in a moment.",
}

_KEPT = "What you typed is still here: try again."


def init_errors(app: Flask) -> None:
    """Answer every problem in the form that its audience reads."""
    app.register_error_handler(Problem, _answer)
    app.register_error_handler(HTTPException, _from_werkzeug)
    for kind in (DBAPIError, PoolTimeout, ObjectDeletedError, OSError):
        app.register_error_handler(kind, _from_database)
    app.register_error_handler(Exception, _unexpected)
    app.log_exception = _log_nothing  # type: ignore[method-assign]


def _log_nothing(exc_info: object) -> None:
    """Leave it to the handlers: they know what is worth a stack."""


def _from_werkzeug(error: HTTPException) -> Any:
    late = getattr(error, "original_exception", None)  # the commit failed, after the view
    if late is not None:
        return current_app.handle_user_exception(late)
    if isinstance(error, RequestEntityTooLarge):
        return _answer(TooLarge(f"It has over {request.max_content_length:,} bytes."))
    status = error.code or 500
    if status < 400:
        return error
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    told = "" if status in (404, 405) else error.description or ""  # theirs speaks of spelling
    answer = _answer(Problem(told, status=status, code=code))
    if status == 405 and error.get_response() is not None:
        answer.headers["Allow"] = error.get_response().headers.get("Allow", "")
    return answer


def _from_database(error: Exception) -> Any:
    problem = of_database(error)
    if problem is None:
        return _unexpected(error)
    if problem.status == 503:  # the answer must not ask the database: not who this is, either
        db.session.rollback()
        g.user = g.browser_session = g.token = None
        g.writes = False
    return _answer(problem)


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected error, request %s", request_id(), exc_info=error)
    db.session.rollback()
    return _answer(Problem("", status=500, code="internal"))


def _answer(problem: Problem) -> Response:
    db.session.rollback()
    if problem.status < 500 and _is_ended():
        g.browser_session, problem = None, Unauthenticated()
    g.problem = problem  # the audit log names the reason
    if is_api():
        response = _for_program(problem)
    elif is_mcp():
        response = refuse(problem, {"fix": _fix(problem)} | _told(problem))
        if problem.status == 401:
            response.headers["WWW-Authenticate"] = _challenge("/mcp", scope=" ".join(SCOPES))
    elif is_scim():
        response = _for_directory(problem)
    elif _is_signed():
        response = _for_signer(problem)
    elif isinstance(problem, Unauthenticated):
        response = _to_sign_in()
    elif "on_invalid" in g and problem.status in g.on_statuses:
        response = _given_back(problem)
    else:
        response = _for_person(problem)
    if "retry_after" in problem.extra:
        response.headers["Retry-After"] = str(problem.extra["retry_after"])
    return response


def _given_back(problem: Problem) -> Response:
    """Return the form as it was typed; its page may name a version that does not have its place."""
    try:
        return g.pop("on_invalid")(problem)  # type: ignore[no-any-return]
    except Problem as other:
        return _answer(other)


def _is_ended() -> bool:
    """Tell whether somebody ended this request's own session meanwhile."""
    try:
        return g.get("browser_session") is not None and not g.browser_session.token_hash
    except ObjectDeletedError:
        return True


def _fix(problem: Problem) -> str:
    """Return what to do about it, in a sentence."""
    told = [one.fix for one in problem.errors if one.fix]
    status = 422 if problem.status == 400 and problem.errors else problem.status
    return told[0] if told else WHAT_TO_DO.get(status, "")


def _told(problem: Problem) -> dict[str, Any]:
    body = {
        "type": f"urn:planpush:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail or WHAT_TO_DO.get(problem.status, ""),
        **problem.extra,
    }
    if problem.status >= 500:
        body["request_id"] = request_id()
    if problem.errors:
        body["errors"] = [finding.as_dict() for finding in problem.errors]
    return body


def _for_program(problem: Problem) -> Response:
    told, kind = json.dumps(_told(problem)), "application/problem+json"
    response = Response(told, status=problem.status, content_type=kind)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = _challenge()
    return response


def _challenge(part: str = "", **more: str) -> str:
    """Return how to come by a token (RFC 9728), and whether the one that came is no good."""
    where = f"{config().base_url}/.well-known/oauth-protected-resource{part}"
    error = {"error": "invalid_token"} if "Authorization" in request.headers else {}
    told = error | {"resource_metadata": where} | more
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in told.items())


def _for_directory(problem: Problem) -> Response:
    status = 400 if problem.status == 422 else problem.status  # SCIM has a word for it instead
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": problem.detail or HTTPStatus(status).phrase,
    } | ({"scimType": "invalidValue"} if problem.status == 422 else {})
    response = Response(json.dumps(body), status=status, content_type="application/scim+json")
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _is_signed() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "signed", False) or getattr(view, "oauth", False)


def _for_signer(problem: Problem) -> Response:
    word = "invalid_token" if problem.status == 401 else "invalid_request"
    word = "temporarily_unavailable" if problem.status in (429, 500, 503) else word
    body = {"error": word, "error_description": problem.detail or problem.code}
    response = Response(json.dumps(body), status=problem.status, mimetype="application/json")
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def _to_sign_in() -> Response:
    wanted = _wanted_page()
    target = own_path(wanted) if wanted else ""
    address = "/sign-in" + ("?" + urlencode({"next": target}) if target else "")
    if request.headers.get("HX-Request"):
        if g.get("quiet"):  # the page asked, not the person: leaving it would lose their words
            body = render_template("errors/signed_out.htmx.html", address=address)
            return Response(body, status=401, mimetype="text/html")
        response = Response("", status=401)
        response.headers["HX-Redirect"] = address
        return response
    return redirect(address, 302)  # type: ignore[return-value]


def _wanted_page() -> str:
    """Return where to go after signing in: the page itself, never a fragment or a form."""
    if request.headers.get("HX-Request"):
        current = request.headers.get("HX-Current-URL", "")
        base = config().base_url
        return current.removeprefix(base) if current.startswith(base + "/") else ""
    return request.full_path.rstrip("?") if request.method == "GET" else ""


def _account(status: int) -> dict[str, Any]:
    """Return who is signed in, for the bar; not when the database itself may be the problem."""
    user = g.get("user")
    return {"user": user} if user is not None and status < 500 else {}


def _for_person(problem: Problem) -> Response:
    htmx = bool(request.headers.get("HX-Request"))
    body = render_template(
        "errors/show.htmx.html" if htmx else "errors/show.html",
        status=problem.status,
        phrase=HTTPStatus(problem.status).phrase,
        detail=problem.detail,
        advice=WHAT_TO_DO.get(problem.status, ""),
        errors=problem.errors,
        typed=typed(problem.status),
        request_id=request_id(),
        **_account(problem.status),
    )
    response = Response(body, status=problem.status, mimetype="text/html")
    if htmx:
        response.headers["HX-Retarget"] = "#banner"
        response.headers["HX-Reswap"] = "innerHTML"
        if problem.status == 503 and problem.detail.isascii() and problem.detail:
            # What failed is not swapped in: the script says why.
            response.headers["PP-Why"] = f"{problem.detail} {_KEPT}"
    return response
