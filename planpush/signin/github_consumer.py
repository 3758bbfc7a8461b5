"""Flask-Dance's consumer for GitHub, safe for concurrent requests."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import requests
from flask import g, request, session
from flask_dance.consumer import OAuth2ConsumerBlueprint
from flask_dance.consumer.requests import OAuth2Session
from flask_dance.consumer.storage import NullStorage
from oauthlib.oauth2 import OAuth2Error

from planpush.channels.http import Answer, ask, garbage
from planpush.config import permit_plain_http
from planpush.errors import Malformed
from planpush.settings.store import settings
from planpush.signin.github_client import WHO

log = logging.getLogger("planpush")

_TOKEN = re.compile(r"[!-~]{1,1000}")
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


class _Exchange(OAuth2Session):  # type: ignore[misc]
    """Trades a code for a token with a bounded request, and hands on only what is understood.

    As it comes, it follows redirects with the client secret in hand, and reads without an end.
    """

    def request(
        self, method: str, url: str, data: Any = None, headers: Any = None, **_options: Any
    ) -> requests.Response:
        """Return the provider's answer. Raises `Unavailable`."""
        told = _understood(ask(WHO, method, url, headers=headers, data=data))
        response = requests.Response()
        response.status_code, response.encoding = 200, "utf-8"
        response.raw = BytesIO(json.dumps(told).encode())
        response.request = requests.PreparedRequest()
        return response


def _understood(answer: Answer) -> Mapping[str, str]:
    told = answer.json if isinstance(answer.json, dict) else {}
    token, error = told.get("access_token"), told.get("error")
    if isinstance(error, str):
        return {"error": _word(error)}
    if answer.status == 200 and isinstance(token, str) and _TOKEN.fullmatch(token):
        return {"access_token": token, "token_type": "bearer"}
    raise garbage(WHO)


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
        return _Exchange(client_id=settings().github_client_id, scope=self.scope)

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
        return {"include_client_id": True}

    @_PerRequest
    def client_secret(self) -> str:
        """Return the secret in force."""
        return settings().github_client_secret

    def teardown_session(self, exception: object = None) -> None:
        """Leave the session to the end of `flask.g`."""

    def login(self) -> Any:
        """Send the browser to GitHub."""
        _permit_plain_http()
        return super().login()

    def authorized(self) -> Any:
        """Take the code that GitHub sent the browser back with. Raises 400, 502, 503."""
        _permit_plain_http()
        if "error" in request.args:
            self._forget()
            said = _word(request.args["error"])
            raise Malformed(f"GitHub did not sign you in ({said}). {_AGAIN}")
        if f"{self.name}_oauth_state" not in session:
            raise Malformed(f"This sign-in was not started here, or is over. {_AGAIN}")
        self.session.scope = None  # GitHub tells it with commas: oauthlib takes that for a change
        try:
            return super().authorized()
        except OAuth2Error as error:
            log.warning("GitHub sign-in failed: %s", error.error)
            raise Malformed(f"GitHub did not take the sign-in ({error.error}). {_AGAIN}") from None
        finally:
            self._forget()

    def _forget(self) -> None:
        session.pop(f"{self.name}_oauth_state", None)
        session.pop(f"{self.name}_oauth_code_verifier", None)


def _permit_plain_http() -> None:
    # The operator's choice, and for tests on one machine: GITHUB_URL or BASE_URL says so.
    if settings().github_url.startswith("http://") or request.scheme == "http":
        permit_plain_http()


def _word(told: str) -> str:
    """Return what somebody else calls an error as one short word."""
    return "".join(mark for mark in told[:60] if mark.isalnum() or mark in "_-") or "unknown"
