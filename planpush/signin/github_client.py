"""GitHub: who a person is, and whether they are a member of the organization."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from planpush.accounts.identity import Profile, Refused
from planpush.accounts.user import User
from planpush.channels.http import Answer, Bearer, Unavailable, ask, garbage
from planpush.errors import Invalid
from planpush.settings.store import settings

WHO = "GitHub"
_LARGEST_ID = 2**63
_LOGIN = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def profile_of(token: str) -> Profile:
    """Return who a token's owner is. Raises `Refused` unless they are an active member; 502, 503.

    At sign-in, anything but a clear yes is a no.
    """
    who, login = _user(token)
    try:
        member = _membership(token, login, who["id"])
    except Unavailable:
        member = None
    if member is not True:
        raise _no_member(login)
    email, verified = _address(token)
    return Profile(
        provider="github",
        issuer=settings().github_url,
        subject=str(who["id"]),
        login=login,
        name=_name(who.get("name")) or login,
        email=email or f"{who['id']}+{login}@users.noreply.github.com",
        email_verified=verified,
        token=token,
    )


def _user(token: str) -> tuple[dict[str, Any], str]:
    found = _get("/user", token)
    who = found.json if found.status == 200 and isinstance(found.json, dict) else {}
    number, login = who.get("id"), who.get("login")
    if type(number) is not int or not 0 < number < _LARGEST_ID:
        raise garbage(WHO)
    if not isinstance(login, str) or not _LOGIN.fullmatch(login):
        raise garbage(WHO)
    return who, login


def _name(told: Any) -> str:
    """Return a name in one line, without what no database or page takes."""
    marks = (mark if mark.isprintable() else " " for mark in str(told or ""))
    return " ".join("".join(marks).split())


def _no_member(login: str) -> Refused:
    return Refused(
        f"You are not an active member of {settings().github_org} on GitHub. If you were invited, "
        "accept that first; else ask one of its owners.",
        reason="not_a_member",
        extra={"login": login},
    )


def still_member(token: str, login: str, subject: str) -> bool | None:
    """Tell whether somebody is an active member; None: GitHub gives no definite answer."""
    try:
        return _membership(token, login, int(subject))
    except (Unavailable, ValueError):
        return None


def _membership(token: str, login: str, user_id: int) -> bool | None:
    org = quote(settings().github_org, safe="")
    own = _get(f"/user/memberships/orgs/{org}", token)
    found = own
    if own.status == 404:  # no member; or a server that lacks this address
        found = _get(f"/orgs/{org}/memberships/{quote(login, safe='')}", token)
    if found.status == 200 and isinstance(found.json, dict):
        theirs = found.json.get("user")
        same = not isinstance(theirs, dict) or theirs.get("id", user_id) == user_id
        return found.json.get("state") == "active" and same
    if own.status == 404 and found.status in (403, 404) and not _limited(found):
        return False
    return None


def _limited(answer: Answer) -> bool:
    return "Retry-After" in answer.headers or answer.headers.get("X-RateLimit-Remaining") == "0"


def _address(token: str) -> tuple[str, bool]:
    """Return the primary verified address; GitHub tells unverified ones, too."""
    found = _get("/user/emails", token)
    listed = found.json if found.status == 200 and isinstance(found.json, list) else []
    verified = [one for one in listed if isinstance(one, dict) and one.get("verified") is True]
    verified.sort(key=lambda one: one.get("primary") is not True)
    known = [one["email"] for one in verified if _is_address(one.get("email"))]
    return (known[0], True) if known else ("", False)


def _is_address(told: Any) -> bool:
    try:
        return isinstance(told, str) and bool(User.checked(told))
    except Invalid:
        return False


def _get(path: str, token: str) -> Answer:
    headers = {"Accept": "application/vnd.github+json"}
    return ask(WHO, "GET", settings().github_api + path, auth=Bearer(token), headers=headers)
