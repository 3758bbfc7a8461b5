"""Profiles: what a provider says of somebody, and which account that may begin."""

from __future__ import annotations

from dataclasses import dataclass

from planpush.content.problem import Problem
from planpush.models.setting import settings
from planpush.models.user import User

PROVIDER_NAMES = {"github": "GitHub", "okta": "Okta", "local": "a single-use link"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider, asked directly, says of somebody.

    `subject` never changes there. `groups` is None where the provider says nothing of them.
    `token` is the provider's, kept sealed to ask again whether somebody still belongs.
    """

    provider: str
    issuer: str
    subject: str
    login: str
    name: str
    email: str
    email_verified: bool = False
    groups: list[str] | None = None
    token: str = ""

    def account_in_advance(self) -> User | None:
        """Return the account that waits for whoever proves its address."""
        proved = self._proved
        user = User.by_email(proved) if proved else None
        if user is None or not user.awaits_identity:
            return None
        if not user.granted_roles and self._is_named:  # a directory was faster than its admin
            user.granted_roles = ["admin"]
        return user

    def newcomer(self) -> User:
        """Make an account. Nobody is admin by arriving first, only by a named, verified address.

        Raises `Refused`: there is no address, or an account with it.
        """
        where = PROVIDER_NAMES[self.provider]
        if not self.email:
            message = f"{where} told no e-mail address of yours: let it, and sign in again."
            raise Refused(message, reason="no_email")
        if User.by_email(self.email) is not None:
            raise Refused(
                f"There is an account with the address {self.email} already. Sign in to it as you "
                f"did before, then connect {where} under Settings, Profile.",
                reason="address_taken",
            )
        start = {"github": ["developer"]}.get(self.provider, [])
        roles = ["admin"] if self._is_named else start
        return User.add(self.email, name=self.name[:200], roles=roles, awaits_identity=False)

    @property
    def _is_named(self) -> bool:
        """Tell whether the operator named this address, which has to be verified, as an admin's."""
        return self._proved in settings().initial_admin_emails

    @property
    def _proved(self) -> str:
        """Return the verified address in the form it is stored in, else nothing.

        One that only becomes an address of ours in small letters is another: U+212A makes a "k".
        """
        same = all(mark.isascii() or mark == mark.lower() for mark in self.email)
        return self.email.strip().lower() if self.email_verified and same else ""


@dataclass(eq=False)
class Refused(Problem):
    """403: the provider knows them, but they may not come in; `reason` is for the audit log."""

    status: int = 403
    code: str = "refused"
    reason: str = ""
