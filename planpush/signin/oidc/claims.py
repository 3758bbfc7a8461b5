"""A person's profile from the provider's claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planpush.accounts.groups import LONGEST
from planpush.accounts.identity import Profile
from planpush.channels.http import Bearer, Unavailable, ask, garbage
from planpush.signin.oidc.provider import WHO, Provider
from planpush.signin.oidc.tokens import refused, text_of

_MOST_GROUPS = 2000


def missing(claims: Mapping[str, Any]) -> bool:
    """Tell whether there is more to ask for: ID tokens are often kept small."""
    return not {"email", "email_verified", "groups"} <= claims.keys()


def userinfo(there: Provider, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims with those that only the userinfo endpoint tells.

    Raises `Malformed` when it speaks of somebody else, `Unavailable` when what it would say is
    needed: an address; or groups, since roles must not vanish because of an outage.
    """
    if not there.userinfo_endpoint or not access_token:
        return claims
    awaited = {"email"} | ({"groups"} & set(there.scopes))
    told = _asked(there, access_token, needed=not awaited <= claims.keys())
    if told is None:
        return claims
    if told.get("sub") != claims["sub"]:
        raise refused("wrong_subject", "its owner differs from the one that userinfo names")
    if claims.get("email", told.get("email")) != told.get("email"):
        told.pop("email_verified", None)  # that is of another address
    return told | claims


def _asked(there: Provider, access_token: str, *, needed: bool) -> dict[str, Any] | None:
    try:
        found = ask(WHO, "GET", there.userinfo_endpoint, auth=Bearer(access_token))
        if found.status != 200 or not isinstance(found.json, dict):
            raise garbage(WHO)
    except Unavailable:
        if needed:
            raise
        return None
    return dict(found.json)


def profile_of(claims: Mapping[str, Any], issuer: str) -> Profile:
    """Return a profile; whatever has not the form that it must have is left out."""
    email = _email(claims)
    login = text_of(claims, "preferred_username") or email or text_of(claims, "sub")
    return Profile(
        provider="okta",
        issuer=issuer,
        subject=text_of(claims, "sub"),
        login=login,
        name=text_of(claims, "name") or login,
        email=email,
        email_verified=bool(email) and _is_true(claims.get("email_verified")),
        groups=_groups(claims.get("groups")),
    )


def _is_true(told: Any) -> bool:
    return told is True or told == "true"  # some write it as text


def _email(claims: Mapping[str, Any]) -> str:
    told = text_of(claims, "email").strip()
    before, _, after = told.rpartition("@")
    plain = len(told) <= 254 and not any(mark.isspace() for mark in told)
    return told if before and after and plain else ""


def _groups(told: Any) -> list[str] | None:
    """Return the names of groups; None for what is no list of texts, which brings no role."""
    if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
        return None
    fine = [name for name in told if name.isprintable() and 0 < len(name) <= LONGEST]
    return fine[:_MOST_GROUPS]
