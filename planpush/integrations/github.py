"""GitHub: who somebody is there, and whether they are an active member of the organisation."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import requests
from flask import g, request, session
from flask_dance.consumer import OAuth2ConsumerBlueprint
from flask_dance.consumer.requests import OAuth2Session
from flask_dance.consumer.storage import NullStorage
from oauthlib.oauth2 import OAuth2Error

from planpush.config import permit_plain_http
from planpush.content.problem import Malformed
from planpush.integrations.http import Answer, Bearer, Unavailable, ask, garbage, unavailable
from planpush.models.identity import Profile, Refused
from planpush.models.setting import settings

log = logging.getLogger("planpush")

WHO = "GitHub"
_TIMEOUT = (3.0, 5.0)  # seconds to connect, and between two bytes
_AGAIN = "Start again from the sign-in page."


class _PerRequest:
    """An attribute made anew for each request, on `flask.g`; what is assigned is dropped."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make, self.name = make, f"github_{make.__name__}"

    def __get__(self, consumer: Any, _owner: type) -> Any:
        if self.name not in g:
            setattr(g, self.name, self.make(consumer))
        return getattr(g, self.name)

    def __set__(self, _consumer: Any, _value: object) -> None:
        """Ignore what Flask-Dance's constructor assigns."""


class Consumer(OAuth2ConsumerBlueprint):  # type: ignore[misc]
    """Flask-Dance's consumer with nothing that two requests share.

    As it comes, 7.1.0 keeps one OAuth session, and the PKCE verifier, on the blueprint: threads
    got each other's (its issue 430). Here both live on `flask.g`, and the client follows the
    settings in force. What the provider or a stranger gets wrong is a 400 page.
    """

    def __init__(self) -> None:
        super().__init__(
            "github", __name__, url_prefix="/sign-in", scope=["read:org", "user:email"],
            storage=NullStorage(), use_pkce=True,
        )  # fmt: skip

    @_PerRequest
    def session(self) -> OAuth2Session:
        """Return this request's OAuth session."""
        made = OAuth2Session(client_id=settings().github_client_id, scope=self.scope)
        made.register_compliance_hook("access_token_response", _refuse_failure)
        return made

    @_PerRequest
    def authorization_url(self) -> str:
        """Return where people say yes."""
        return f"{settings().github_url}/login/oauth/authorize"

    @_PerRequest
    def token_url(self) -> str:
        """Return where a code becomes a token."""
        return f"{settings().github_url}/login/oauth/access_token"

    @_PerRequest
    def authorization_url_params(self) -> dict[str, Any]:
        """Return a dictionary that Flask-Dance writes the PKCE challenge into."""
        return {}

    @_PerRequest
    def token_url_params(self) -> dict[str, Any]:
        """Return a dictionary that Flask-Dance writes the PKCE verifier into."""
        return {"include_client_id": True, "timeout": _TIMEOUT}

    @_PerRequest
    def client_secret(self) -> str:
        """Return the secret in force."""
        return settings().github_client_secret

    def teardown_session(self, exception: object = None) -> None:
        """Leave the session to the end of `flask.g`."""

    def authorized(self) -> Any:
        """Take the code that GitHub sent the browser back with. Raises 400, 502, 503."""
        if "error" in request.args:
            self._forget()
            raise Malformed(f"GitHub did not sign you in ({_word('error')}). {_AGAIN}")
        if f"{self.name}_oauth_state" not in session:
            raise Malformed(f"This sign-in was not started here, or is over. {_AGAIN}")
        if settings().github_url.startswith("http://") or request.scheme == "http":
            permit_plain_http()  # the operator's choice: GITHUB_URL or BASE_URL says so
        self.session.scope = None  # GitHub tells it with commas: oauthlib takes that for a change
        try:
            return super().authorized()
        except OAuth2Error as error:
            log.warning("GitHub sign-in failed: %s", error.error)
            raise Malformed(f"GitHub did not take the sign-in ({error.error}). {_AGAIN}") from None
        except requests.RequestException as error:
            log.warning("GitHub does not answer: %s", type(error).__name__)
            raise unavailable(WHO) from None
        except ValueError:
            raise garbage(WHO) from None
        finally:
            self._forget()

    def _forget(self) -> None:
        session.pop(f"{self.name}_oauth_state", None)
        session.pop(f"{self.name}_oauth_code_verifier", None)


def _word(name: str) -> str:
    """Return a parameter as one short word."""
    return "".join(mark for mark in request.args[name][:60] if mark.isalnum() or mark in "_-")


def _refuse_failure(response: requests.Response) -> requests.Response:
    if response.status_code >= 500:
        raise requests.HTTPError(str(response.status_code))
    return response


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
        raise _no_member()
    email, verified = _address(token)
    return Profile(
        provider="github",
        issuer=settings().github_url,
        subject=str(who["id"]),
        login=login,
        name=str(who.get("name") or login),
        email=email or f"{who['id']}+{login}@users.noreply.github.com",
        email_verified=verified,
        token=token,
    )


def _user(token: str) -> tuple[dict[str, Any], str]:
    found = _get("/user", token)
    who = found.json
    if found.status != 200 or not isinstance(who, dict) or type(who.get("id")) is not int:
        raise garbage(WHO)
    return who, str(who.get("login", ""))


def _no_member() -> Refused:
    return Refused(
        f"You are not an active member of {settings().github_org} on GitHub. If you were invited, "
        "accept that first; else ask one of its owners.",
        reason="not_a_member",
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
    return (str(verified[0].get("email", "")), True) if verified else ("", False)


def _get(path: str, token: str) -> Answer:
    headers = {"Accept": "application/vnd.github+json"}
    return ask(WHO, "GET", settings().github_api_url + path, auth=Bearer(token), headers=headers)
