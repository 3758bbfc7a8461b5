"""Verifies signed tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError

from planpush.database.session import now
from planpush.errors import Malformed
from planpush.signin.oidc.provider import WHO, Provider, keys_for

log = logging.getLogger("planpush")

LEEWAY = 30  # seconds by which two clocks may differ
LONGEST = 255  # of a subject, and of a session's id
_WHY = {
    "malformed_token": "it is no signed token",
    "wrong_type": "it is a token of another type",
    "wrong_algorithm": "it is signed in a way that is not accepted",
    "wrong_signature": "its signature is wrong",
    "wrong_issuer": "it comes from somebody else",
    "wrong_audience": "it is for another application",
    "expired": "it is too old",
    "not_yet_valid": "it is from the future",
    "wrong_nonce": "it belongs to another sign-in",
    "no_subject": "it does not say who it is about",
    "wrong_hash": "it belongs to another access token",
    "replayed": "it was used already",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose signature is right: its header and its claims."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


class _Registry(jws.JWSRegistry):
    """Room for a chain of certificates; and EdDSA by its old name, without joserfc's warning."""

    max_header_length = 16 * 1024

    def get_alg(self, name: str) -> Any:
        """Return an algorithm if it is one of those allowed."""
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


def refused(reason: str, why: str = "") -> Malformed:
    """Return the problem of a token that is not accepted; `reason` is for the audit log."""
    return Malformed(f"{WHO} sent a token that is refused: {why or _WHY[reason]}.", code=reason)


def opened(text: str, provider: Provider, *, typ: str = "", stranger: bool = False) -> Token:
    """Return a token that `provider` signed. Raises `Malformed`, and `Unavailable` without keys.

    `typ` is the type that it must have; ID tokens have none of their own. A `stranger` brought it,
    if it does not come from the provider's own endpoint.
    """
    found = _extracted(text)
    header = found.headers()
    named = header.get("typ")
    of_its_type = str(named).lower() == typ if typ else not str(named).lower().endswith("+jwt")
    if not of_its_type:
        raise refused("wrong_type")
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in provider.algorithms or "crit" in header:
        raise refused("wrong_algorithm")
    registry = _Registry(algorithms=provider.algorithms, strict_check_header=False)
    candidates = keys_for(provider, algorithm, kid, stranger=stranger)
    if not any(_verified(found, key, registry) for key in candidates):
        raise refused("wrong_signature")
    return Token(header, _claims(found.payload))


def _extracted(text: str) -> jws.CompactSignature:
    try:
        return jws.extract_compact(text.encode(), None, _Registry(strict_check_header=False))
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise refused("malformed_token") from None


def _verified(found: jws.CompactSignature, key: Any, registry: jws.JWSRegistry) -> bool:
    try:
        return jws.validate_compact(found, key, registry=registry)
    except (JoseError, ValueError, TypeError, KeyError):
        return False


def _claims(payload: bytes | None) -> Mapping[str, Any]:
    try:
        claims = json.loads(payload or b"")
    except (ValueError, RecursionError):
        raise refused("malformed_token") from None
    if not isinstance(claims, dict):
        raise refused("malformed_token")
    return claims


def check_origin(claims: Mapping[str, Any], issuer: str, audience: str) -> None:
    """Raise `Malformed` unless `issuer` meant the token for `audience`, and for nobody else."""
    if claims.get("iss") != issuer:
        raise refused("wrong_issuer")
    if claims.get("aud") not in (audience, [audience]):
        raise refused("wrong_audience")


def check_time(claims: Mapping[str, Any]) -> None:
    """Raise `Malformed` unless the token says when it begins and ends, and is in between."""
    at = now().timestamp()
    issued, ends = moment(claims, "iat"), moment(claims, "exp")
    starts = moment(claims, "nbf") if "nbf" in claims else 0.0
    if ends is None or at >= ends + LEEWAY:
        raise refused("expired")
    if issued is None or starts is None or max(issued, starts) > at + LEEWAY:
        raise refused("not_yet_valid")


def moment(claims: Mapping[str, Any], name: str) -> float | None:
    """Return a time in seconds; None if it is missing or no such number."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        return None
    return float(value)


def text_of(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that can be kept and shown; empty if it is missing or anything else."""
    value = claims.get(name)
    fine = isinstance(value, str) and value.isprintable() and len(value) <= LONGEST
    return str(value) if fine else ""


def check_id_token(
    token: Token, provider: Provider, *, client_id: str, nonce: str, access_token: str
) -> None:
    """Raise `Malformed` unless this ID token answers this sign-in of this application.

    Authlib 1.9.10 takes a token for somebody else whose `azp` is ours: so this is all our own.
    """
    claims = token.claims
    check_origin(claims, provider.issuer, client_id)
    if claims.get("azp", client_id) != client_id:
        raise refused("wrong_audience")
    check_time(claims)
    if not hmac.compare_digest(text_of(claims, "nonce").encode(), nonce.encode()):
        raise refused("wrong_nonce")
    if not text_of(claims, "sub"):
        raise refused("no_subject")
    told = claims.get("at_hash")
    if told is not None and told != _half_hash(access_token, token.header["alg"]):
        raise refused("wrong_hash")


def _half_hash(access_token: str, algorithm: str) -> str:
    bits = algorithm[2:] if algorithm[2:] in ("256", "384", "512") else "512"
    whole = hashlib.new(f"sha{bits}", access_token.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
