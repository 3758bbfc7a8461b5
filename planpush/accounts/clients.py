"""OAuth clients."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import JSON, String, delete, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.tokens import SCOPES
from planpush.database.session import Base, UTCDateTime, db, now, storable
from planpush.errors import Finding, Invalid

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CODE, REFRESH_GRANT = "authorization_code", "refresh_token"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
UNUSED = timedelta(days=2)


class Client(Base):
    """A registered client. The methods after `register` are those that Authlib asks a client."""

    __tablename__ = "clients"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    redirect_uris: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def find(cls, client_id: str) -> Client | None:
        """Return the client of this id: the built-in one, or one that registered itself."""
        if client_id == BUILT_IN.client_id:
            return BUILT_IN
        return db.session.scalar(select(cls).where(cls.client_id == storable(client_id)[:65]))

    @classmethod
    def register(cls, name: str, redirect_uris: list[str]) -> Client:
        """Add a client that runs on its user's own machine. Raises `Invalid` for any other."""
        for uri in redirect_uris:
            if not is_loopback(uri):
                message = f"{uri[:200]} is not an http address of this machine, like 127.0.0.1"
                raise Invalid(message, [Finding("redirect", message, field="redirect_uris")])
        made = cls(
            client_id="ppc_" + secrets.token_hex(16),
            name=name[:200],
            redirect_uris=redirect_uris,
            created_at=now(),
        )
        db.session.add(made)
        db.session.flush()
        return made

    @classmethod
    def sweep(cls) -> None:
        """Drop clients that registered and that nobody allowed anything."""
        from planpush.accounts.grants import Grant

        used = exists().where(Grant.client_id == cls.client_id)
        db.session.execute(delete(cls).where(cls.created_at < now() - UNUSED, ~used))

    def get_client_id(self) -> str:
        """Return its public id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return where to go on if the client does not say; only one address is no question."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return those of the scopes asked for that there are; no wish means all."""
        wished = scope.split() if scope else SCOPES
        return " ".join(name for name in SCOPES if name in wished)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether this address was registered; on loopback any port goes (RFC 8252 §7.3)."""
        return any(portless(redirect_uri) == portless(known) for known in self.redirect_uris)

    def check_client_secret(self, _client_secret: str) -> bool:
        """Public clients have no secret, so none is right."""
        return False

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Tell whether the client proves itself like this: public ones do not."""
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether the client may ask for this kind of answer."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether the client may come by tokens this way."""
        first = CODE if self.redirect_uris else DEVICE
        return grant_type in (first, REFRESH_GRANT)


BUILT_IN = Client(client_id="planpush-cli", name="planpush", redirect_uris=[])


def is_loopback(uri: str) -> bool:
    """Tell whether an address leads to the machine of whoever follows it, and nowhere else."""
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018 (raises for what is no port)
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and " " not in uri and "\\" not in uri
    fine = parts.scheme == "http" and parts.hostname in LOOPBACK and not parts.fragment
    return plain and fine and parts.username is None and parts.password is None


def portless(uri: str) -> tuple[str, str | None, str, str] | str:
    """Return what of a loopback address has to agree; any other has to agree as a whole."""
    if not is_loopback(uri):
        return uri
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.path or "/", parts.query
