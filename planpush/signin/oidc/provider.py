"""A provider's metadata and keys."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from planpush.accounts.identity import PROVIDER_NAMES
from planpush.channels.http import Unavailable, ask, garbage, unavailable
from planpush.settings.store import settings

log = logging.getLogger("planpush")

WHO = PROVIDER_NAMES["okta"]
# Asymmetric ones only: what a client secret signs, whoever holds the secret can forge.
ALGORITHMS = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC", "EdDSA": "OKP", "Ed25519": "OKP",
}  # fmt: skip
_KEPT = 300.0  # seconds for which metadata and keys are taken from memory
# So long for strangers: many at once must not hold every thread while a slow provider is asked.
_KEPT_FOR_STRANGERS, _AFTER_FAILURE = 3600.0, 10.0
_PAUSE = 2.0  # seconds between two looks for a key that a stranger names
_SHORTEST_MODULUS = 341  # characters of a 2048-bit RSA modulus in base64


@dataclass(frozen=True, slots=True)
class Provider:
    """What the metadata says, checked; an endpoint that is not there is empty."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    algorithms: tuple[str, ...]
    scopes: tuple[str, ...]
    auth_methods: tuple[str, ...]
    names_itself: bool  # in the answer that the browser brings (RFC 9207)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Return where a form of ours may lead a browser to."""
        return self.issuer, self.authorization_endpoint, self.end_session_endpoint


@dataclass(slots=True)
class _Memory:
    """What this process knows of the provider, and since when."""

    provider: Provider
    at: float
    keys: list[Key] | None = None
    keys_at: float = 0.0
    asked_again_at: float = float("-inf")


def discover() -> Provider:
    """Return the configured provider, asked just now. Raises `Unavailable`.

    The issuer is compared letter by letter; a provider that would take unsigned tokens is refused.
    """
    issuer = settings().okta_issuer
    where = issuer.rstrip("/") + "/.well-known/openid-configuration"
    answer = ask(WHO, "GET", where)
    if answer.status != 200 or not isinstance(answer.json, dict):
        text = f"{where} is no metadata of {WHO} (status {answer.status}): an admin should check"
        raise Unavailable(f"{text} the issuer.", status=502)
    provider = _checked(issuer, answer.json)
    known = _known(issuer)
    if known is None or known.provider.jwks_uri != provider.jwks_uri:
        known = current_app.extensions["planpush_oidc"] = _Memory(provider, 0.0)
    known.provider, known.at = provider, time.monotonic()
    current_app.extensions["planpush_form_targets"] = (issuer, provider.endpoints)
    return provider


def provider(*, however_old: bool = False, stranger: bool = False) -> Provider:
    """Return the configured provider, from memory if it was asked lately. Raises `Unavailable`."""
    known, at, kept = _known(settings().okta_issuer), time.monotonic(), current_app.extensions
    if known is not None and (however_old or at - known.at < _longest(stranger)):
        return known.provider
    if stranger and at - kept.get("planpush_oidc_failed", float("-inf")) < _AFTER_FAILURE:
        raise unavailable(WHO)
    try:
        return discover()
    except Unavailable:
        kept["planpush_oidc_failed"] = time.monotonic()
        raise


def _longest(stranger: bool) -> float:
    return _KEPT_FOR_STRANGERS if stranger else _KEPT


def keys_for(named: Provider, algorithm: str, kid: object, *, stranger: bool) -> list[Key]:
    """Return the keys that may have signed, looked up anew if there is none. Raises `Unavailable`.

    A `stranger` can name any key: so it does not make us ask as often as it likes.
    """
    known = _known(named.issuer)
    if known is None:
        known = current_app.extensions["planpush_oidc"] = _Memory(named, time.monotonic())
    at, fresh = time.monotonic(), False
    if known.keys is None or at - known.keys_at > _longest(stranger):
        known.keys, known.keys_at, fresh = _published(named), at, True
    found = _matching(known.keys, algorithm, kid)
    if found or fresh or (stranger and at - known.asked_again_at < _PAUSE):
        return found
    known.asked_again_at = at
    known.keys, known.keys_at = _published(named), at
    return _matching(known.keys, algorithm, kid)


def _known(issuer: str) -> _Memory | None:
    known: _Memory | None = current_app.extensions.get("planpush_oidc")
    return known if known is not None and known.provider.issuer == issuer else None


def _checked(issuer: str, told: dict[str, Any]) -> Provider:
    if told.get("issuer") != issuer:
        named = "".join(filter(str.isprintable, str(told.get("issuer"))))[:200]
        text = f"OKTA_ISSUER is {issuer}, but the metadata there names the issuer {named}: the two"
        raise Unavailable(f"{text} must be equal.", status=502, code="issuer_differs")
    offered = _words(told, "id_token_signing_alg_values_supported") or ("RS256",)
    usable = tuple(name for name in ALGORITHMS if name in offered)
    if not usable or "none" in (name.lower() for name in offered):
        text = f"{WHO} lets ID tokens be unsigned, or signs them in no way that is accepted here."
        raise Unavailable(text, status=502, code="unsafe_algorithms")
    return Provider(
        issuer=issuer,
        authorization_endpoint=_endpoint(issuer, told, "authorization_endpoint"),
        token_endpoint=_endpoint(issuer, told, "token_endpoint"),
        jwks_uri=_endpoint(issuer, told, "jwks_uri"),
        userinfo_endpoint=_optional(issuer, told, "userinfo_endpoint"),
        end_session_endpoint=_optional(issuer, told, "end_session_endpoint"),
        algorithms=usable,
        scopes=_words(told, "scopes_supported"),
        auth_methods=_words(told, "token_endpoint_auth_methods_supported"),
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _words(told: dict[str, Any], name: str) -> tuple[str, ...]:
    listed = told.get(name)
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _endpoint(issuer: str, told: dict[str, Any], name: str) -> str:
    """Return an address that must be there; a provider that uses https uses it everywhere."""
    found = told.get(name)
    if not isinstance(found, str) or not found.isascii() or not found.isprintable():
        raise garbage(WHO)
    parts, schemes = _split(found), {"https", urlsplit(issuer).scheme}
    if " " in found or parts is None or parts.scheme not in schemes or not parts.hostname:
        raise garbage(WHO)
    return found


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _optional(issuer: str, told: dict[str, Any], name: str) -> str:
    return _endpoint(issuer, told, name) if told.get(name) else ""


def _published(named: Provider) -> list[Key]:
    answer = ask(WHO, "GET", named.jwks_uri)
    listed = answer.json.get("keys") if isinstance(answer.json, dict) else None
    if answer.status != 200 or not isinstance(listed, list):
        raise garbage(WHO)
    return [key for one in listed if isinstance(one, dict) and (key := _key(one)) is not None]


def _key(told: dict[str, Any]) -> Key | None:
    """Return a key for signatures; None for what is another kind, too weak, or not understood."""
    if told.get("kty") not in ALGORITHMS.values() or told.get("use", "sig") != "sig":
        return None
    if told["kty"] == "RSA" and len(str(told.get("n"))) < _SHORTEST_MODULUS:
        return None
    try:
        return JWKRegistry.import_key(told)
    except (JoseError, ValueError, TypeError, KeyError):
        log.warning("%s publishes a key that cannot be read", WHO)
        return None


def _matching(keys: list[Key], algorithm: str, kid: object) -> list[Key]:
    """Return the keys of that name and kind; a token without a name means the only one there is."""
    fit = [
        key
        for key in keys
        if key.key_type == ALGORITHMS[algorithm] and key.get("alg", algorithm) == algorithm
    ]
    if kid is None:
        return fit if len(fit) == 1 else []
    return [key for key in fit if key.get("kid") == kid]
