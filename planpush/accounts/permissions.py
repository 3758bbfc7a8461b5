"""Which role may do what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from planpush.setting_specs import ROLES

ROLE_NAMES = {
    "admin": "Admin",
    "project_manager": "Project manager",
    "developer": "Developer",
    "qa": "QA",
}
_ADMIN = frozenset({"admin"})
_MANAGERS = frozenset({"admin", "project_manager"})
_ALL = frozenset(ROLES)


@dataclass(frozen=True, slots=True)
class Permission:
    """A right, in words, and the roles that have it everywhere."""

    name: str
    words: str
    roles: frozenset[str]
    own: str = ""  # who else has it, and where


TABLE = (
    Permission("plans.see_published", "See and comment on published plans", _ALL),
    Permission("plans.see_all", "See and comment on private plans", _MANAGERS,
               "Owner, editors and people asked to review"),
    Permission("plans.start", "Push a new plan", _ALL),
    Permission("versions.push", "Push a new version", frozenset(), "Owner and editors"),
    Permission("threads.resolve", "Resolve a thread", _MANAGERS,
               "Who opened it, and the plan's owner"),
    Permission("threads.reopen", "Reopen a thread", frozenset(), "Everyone who sees the plan"),
    Permission("reviews.ask", "Ask people for a review", _MANAGERS, "Owner and editors"),
    Permission("versions.sign_off", "Approve a version, or ask for changes", frozenset(),
               "Everyone who sees the plan, but its owner"),
    Permission("plans.manage", "Publish, archive and hand over a plan", _MANAGERS, "Its owner"),
    Permission("plans.delete", "Delete a plan", _ADMIN, "Its owner"),
    Permission("versions.purge", "Purge a version", _ADMIN),
    Permission("people.manage", "Change roles, deactivate people, end their sessions", _ADMIN),
    Permission("roles.map", "Map groups to roles", _ADMIN),
    Permission("settings.change", "Change settings and integrations", _ADMIN),
    Permission("audit.read", "Read the audit log", _ADMIN),
)  # fmt: skip
_BY_NAME = {permission.name: permission for permission in TABLE}


def highest_role(roles: Iterable[str]) -> str:
    """Return the highest of somebody's roles, in words."""
    held = [name for name in ROLES if name in roles]
    return ROLE_NAMES[held[0]] if held else "No role"


def allowed(roles: Iterable[str], name: str) -> bool:
    """Tell whether somebody with these roles has a right everywhere. `KeyError`: no such right."""
    return bool(_BY_NAME[name].roles & set(roles))


def holders(name: str) -> list[str]:
    """Return the roles that have a right everywhere. `KeyError`: no such right."""
    return sorted(_BY_NAME[name].roles)
