"""The address of the client, and whether it is this machine."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import request

from planpush.web.auth import config
from planpush.web.public_address import ASKED

_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded",
              "Via", "X-Forwarded-Server", "CF-Connecting-IP", "True-Client-IP")  # fmt: skip


def may_measure() -> bool:
    """Tell whether this request may read the metrics: it has their token, or comes from here."""
    token = config().metrics_token
    scheme, _, brought = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return hmac.compare_digest(brought.strip().encode(), token.encode())
    return is_from_here()


def is_from_here() -> bool:
    """Tell whether a program on this machine asks for itself.

    Behind a proxy on this machine everybody comes from here: whoever is passed on bears the mark
    of it, a header or the name that was asked for. Some proxies leave none: so where BASE_URL
    promises https, which only a proxy can keep, and none is configured, nobody counts as local.
    """
    if config().secure and not config().trusted_proxies:
        return False
    environ = request.environ
    before = environ.get("werkzeug.proxy_fix.orig") or environ
    asked = str(environ.get(ASKED, "")).rpartition(":")
    name = asked[0] if asked[2].isdecimal() else "".join(asked)
    return (
        _is_loopback(str(before.get("REMOTE_ADDR", "")))
        and (name == "localhost" or _is_loopback(name.strip("[]")))
        and not any(header in request.headers for header in _PASSED_ON)
    )


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
