"""How each integration is tested."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from flask import url_for
from requests.auth import AuthBase, HTTPBasicAuth

from planpush.channels.http import NOBODY, Unavailable, ask
from planpush.channels.slack.check import Refusal, check_slack
from planpush.pages.admin.integrations import missing_of, scim_report
from planpush.settings.store import settings
from planpush.signin.oidc.provider import WHO, Provider, discover

_BASIC = "client_secret_basic"
_BOGUS = "planpush-tests-its-client-credentials"


class Failure(Exception):
    """What is wrong, in one sentence, and what to do."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a test went."""

    ok: bool
    detail: str
    milliseconds: int


def check(name: str) -> Result:
    """Test an integration with the settings in force. `KeyError`: there is none of that name."""
    begun = time.monotonic()
    try:
        missing = missing_of(name)
        if missing:
            raise Failure(f"Missing: {', '.join(missing)}.")
        ok, detail = True, _CHECKS[name]()
    except Failure as failure:
        ok, detail = False, str(failure)
    except Unavailable as problem:
        ok, detail = False, problem.detail
    return Result(ok, detail, int((time.monotonic() - begun) * 1000))


def _github() -> str:
    now_in_force = settings()
    who = ask("GitHub's API", "GET", f"{now_in_force.github_api}/meta")
    if who.status not in (200, 401, 403) or not isinstance(who.json, dict):
        raise Failure("The API address does not answer as GitHub's API does: check it.")
    data = {
        "client_id": now_in_force.github_client_id,
        "client_secret": now_in_force.github_client_secret,
        "code": _BOGUS,
    }
    # A code that cannot be right: what GitHub complains of tells whether it knows the client.
    url = f"{now_in_force.github_url}/login/oauth/access_token"
    answer = ask("GitHub", "POST", url, data=data)
    said = answer.json.get("error") if isinstance(answer.json, dict) else None
    if said == "incorrect_client_credentials" or answer.status in (401, 404):
        raise Failure("GitHub does not take the client ID and secret: copy them again.")
    if said is None:
        raise Failure("The address does not answer as GitHub does: check it.")
    return _organisation(now_in_force.github_api, now_in_force.github_org)


def _organisation(api: str, org: str) -> str:
    found = ask("GitHub's API", "GET", f"{api}/orgs/{quote(org, safe='')}")
    if found.status == 404:
        raise Failure(f"GitHub knows no organisation {org}: check its name.")
    if found.status != 200:  # a private Enterprise server, or a rate limit: no answer either way
        return f"GitHub takes the client. Whether {org} exists, it does not tell strangers."
    return f"GitHub takes the client, and the organisation {org} exists."


def _okta() -> str:
    there = discover()  # compares the issuer, the algorithms and the endpoints
    keys = ask(WHO, "GET", there.jwks_uri)
    listed = keys.json.get("keys") if isinstance(keys.json, dict) else None
    if not isinstance(listed, list) or not listed:
        raise Failure("The provider's signing keys cannot be read.")
    _client_known(there)
    keys_told = f"{len(listed)} signing key{'' if len(listed) == 1 else 's'}"
    return f"The provider answers as {there.issuer}, has {keys_told}, and takes the client."


def _client_known(there: Provider) -> None:
    """Send a code that cannot be right: what the provider complains of tells about the client."""
    found = settings()
    data = {"grant_type": "authorization_code", "code": _BOGUS, "client_id": found.okta_client_id}
    data["redirect_uri"] = url_for("okta_sign_ins.create", _external=True)
    auth: AuthBase = NOBODY
    if found.okta_client_secret and _BASIC in (there.auth_methods or (_BASIC,)):
        pair = quote_plus(found.okta_client_id), quote_plus(found.okta_client_secret)
        auth = HTTPBasicAuth(*pair)
    elif found.okta_client_secret:
        data["client_secret"] = found.okta_client_secret
    answer = ask(WHO, "POST", there.token_endpoint, auth=auth, data=data)
    said = answer.json.get("error") if isinstance(answer.json, dict) else None
    if said in ("invalid_client", "unauthorized_client"):
        raise Failure("The provider does not take the client ID and secret: copy them again.")


def _scim() -> str:
    ok, detail = scim_report()
    if not ok:
        raise Failure(detail)
    return detail


def _slack() -> str:
    try:
        return check_slack()
    except Refusal as refusal:
        raise Failure(str(refusal)) from None


_CHECKS: dict[str, Callable[[], str]] = {
    "github": _github,
    "okta": _okta,
    "scim": _scim,
    "slack": _slack,
}
