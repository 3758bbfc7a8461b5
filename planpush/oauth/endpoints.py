"""The grants and endpoints that clients use.

Authlib checks the requests; what has to happen once happens in the models.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, RefreshTokenGrant, UnauthorizedClientError
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from flask import request

from planpush.accounts.clients import DEVICE, Client
from planpush.accounts.device_codes import ALLOW, INTERVAL, LIFETIME, Asker, DeviceCode
from planpush.accounts.grants import ACCESS_LIFETIME, Grant
from planpush.accounts.tokens import ACCESS, REFRESH, SCOPES, Token, mint
from planpush.accounts.user import User
from planpush.database.session import outlives_refusal
from planpush.oauth.authorization_code import CodeGrant, Proof
from planpush.oauth.server import Server
from planpush.web.auth import config
from planpush.web.parsing import one_line


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    """Takes a terminal's question."""

    CLIENT_AUTH_METHODS = ["none"]  # noqa: RUF012
    EXPIRES_IN = int(LIFETIME.total_seconds())
    INTERVAL = INTERVAL

    def authenticate_client(self, asked: Any) -> Client:
        """Return the client, if it may sign in like this: others know another way."""
        client: Client = super().authenticate_client(asked)
        if not client.check_grant_type(DEVICE):
            raise UnauthorizedClientError
        return client

    def get_verification_uri(self) -> str:
        """Return where a person answers."""
        return f"{config().base_url}/activate"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        """Keep the question, with what is told of the asker."""
        client = Client.find(client_id)
        assert client is not None
        asker = Asker(
            client_id,
            client.name,
            device=one_line(request.form.get("device_name", "")[:500])[:60],
            agent=one_line(request.user_agent.string)[:120],
            address=request.remote_addr or "",
        )
        scopes = client.get_allowed_scope(scope).split()
        DeviceCode.keep(asker, scopes, code=data["device_code"], user_code=data["user_code"])


class DeviceGrant(DeviceCodeGrant):
    """Gives a terminal its tokens once a person has allowed it."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012

    def query_device_credential(self, code: str) -> DeviceCode:
        """Return the question of this code. Raises for one that is unknown or used up."""
        found = DeviceCode.find(code)
        if found is None:
            raise InvalidGrantError("This device code is unknown, or was used already.")
        self._found = found
        return found

    def query_user_grant(self, _user_code: str) -> tuple[User | None, bool] | None:
        """Return who answered and whether they allowed it, None while nobody has."""
        if self._found.decision is None:
            return None
        return self._found.user, self._found.decision == ALLOW

    def should_slow_down(self, code: DeviceCode) -> bool:
        """Tell whether the device asks too often; noted although the answer is a refusal."""
        hurried = code.is_hurried
        outlives_refusal(partial(DeviceCode.polled, code.id, slower=hurried))
        return hurried

    def create_token_response(self) -> Any:
        """Give tokens, once."""
        self.request.family = self.request.credential.redeem()
        if self.request.family is None:
            raise InvalidGrantError("This device code was used already.")
        return super().create_token_response()


class RefreshGrant(RefreshTokenGrant):
    """Turns a refresh token into the next pair; one that comes twice ends its family."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, secret: str) -> Token | None:
        """Return a live refresh token of this client."""
        token = Token.stored(secret) if secret.startswith(REFRESH) else None
        family = token.grant if token else None
        if token is None or family is None or family.client_id != self.request.client.client_id:
            return None
        if token.spent_at is not None:
            self.request.reused = family.id
        return token if token.is_live else None

    def authenticate_user(self, token: Token) -> User | None:
        """Return whose it is."""
        return token.user

    def create_token_response(self) -> Any:
        """Give the next pair, once."""
        token = self.request.refresh_token
        self.request.family = Grant.renew(token)
        if self.request.family is None:
            self.request.reused = token.grant_id or 0
            raise InvalidGrantError("This refresh token was used already.")
        return super().create_token_response()

    def revoke_old_credential(self, _token: Token) -> None:
        """It is used up already."""


class Revocation(RevocationEndpoint):
    """Ends a client's own tokens: a refresh token's whole family, an access token alone."""

    CLIENT_AUTH_METHODS = ["none"]  # noqa: RUF012

    def query_token(self, secret: str, _hint: str | None) -> Token | None:
        """Return the token, dead or alive; none of another kind is known here."""
        return Token.stored(secret) if secret[:3] in (ACCESS, REFRESH) else None

    def revoke_token(self, token: Token, _asked: Any) -> None:
        """Make it worthless."""
        assert token.user is not None
        if token.kind == ACCESS:
            token.revoke(by=token.user)
        elif token.grant_id and (family := Grant.locked(token.grant_id)):
            family.end(by=token.user)


def make_server() -> Server:
    """Return the server with its grants and endpoints."""
    made = Server(SCOPES)
    made.register_token_generator(
        "default",
        BearerTokenGenerator(
            lambda **_: mint(ACCESS),
            lambda **_: mint(REFRESH),
            lambda *_: int(ACCESS_LIFETIME.total_seconds()),
        ),
    )
    made.register_grant(DeviceGrant)
    made.register_grant(RefreshGrant)
    made.register_grant(CodeGrant, [Proof(required=True)])
    made.register_endpoint(DeviceAuthorization)
    made.register_endpoint(Revocation)
    return made


server = make_server()
