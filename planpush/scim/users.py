"""A person as a SCIM User."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

from scim2_models import InvalidValueException, Meta, Resource, UniquenessException
from sqlalchemy import ColumnElement, Select, select, update

from planpush.accounts.groups import Group, GroupMember, remove_all
from planpush.accounts.permissions import ROLE_NAMES
from planpush.accounts.user import User
from planpush.database.session import db
from planpush.scim.groups import PREFIX as GROUP
from planpush.scim.record import changes, etag, kept, name_of_token, note, touch
from planpush.setting_specs import ROLES

TABLE, PREFIX = User, ""
_OURS = frozenset({"schemas", "id", "meta", "groups", "externalId", "active", "password"})
_KEY, _UNSAID = "userNameKey", "activeUnsaid"  # kept beside the attributes, for ourselves
_MANY = 500


def rows() -> Select[User]:
    """Return everybody but the deleted."""
    return User.people()


def equal(name: str, value: str) -> ColumnElement[bool] | None:
    """Return a condition that people with this value meet, others perhaps too; None: no index."""
    if name == "externalid":
        return User.external_id == value
    if name != "username":
        return None
    if _is_address(value):
        return User.email == value.strip().lower()
    return _named(value)


def _named(name: str) -> ColumnElement[bool]:
    """Return the condition for a userName that is no address."""
    found: ColumnElement[bool] = User.scim[_KEY].as_string() == name.casefold()
    return found


def shown(users: Sequence[User], model: type[Resource[Any]], _wanted: Any) -> list[Resource[Any]]:
    """Return people as SCIM shows them."""
    groups = _groups_of(users)
    return [_shown(user, groups.get(user.id), model) for user in users]


def _shown(user: User, groups: Any, model: type[Resource[Any]]) -> Resource[Any]:
    said = {name: value for name, value in user.scim.items() if name not in (_KEY, _UNSAID)}
    if not user.scim:  # no directory has spoken of them yet
        said = {"displayName": user.name, "emails": [{"value": user.email, "primary": True}]}
    # A name that is an address follows the account's, whoever changed that.
    name = said.get("userName", "")
    said["userName"] = name if name and _address_of(name) in (user.email, None) else user.email
    # A directory may take `active` back: it is told again as soon as it is another.
    if user.scim.get(_UNSAID) is not user.active:
        said["active"] = user.active
    found = model.model_validate(
        said | {"id": str(user.id), "externalId": user.external_id, "groups": groups}
    )
    found.meta = Meta(
        resource_type="User",
        created=user.created_at,
        last_modified=user.updated_at,
        version=etag(user),
    )
    return found


def _groups_of(users: Sequence[User]) -> dict[int, list[dict[str, str]]]:
    query = select(GroupMember.user_id, Group.id, Group.name).join(Group).order_by(Group.name_key)
    if len(users) <= _MANY:
        query = query.where(GroupMember.user_id.in_([user.id for user in users]))
    found: dict[int, list[dict[str, str]]] = {}
    for user_id, group_id, name in db.session.execute(query):
        number = f"{GROUP}{group_id}"
        entry = {"value": number, "$ref": f"Groups/{number}", "display": name}
        found.setdefault(user_id, []).append(entry | {"type": "direct"})
    return found


def add(resource: Any) -> User:
    """Make a person. Raises `UniquenessException`."""
    address, said = _address(resource), _kept(resource)
    _refuse_taken(resource, address, but=0)
    user = User.add(
        # Who has no address cannot sign in until the directory sends one: this one is nobody's.
        address or f"{secrets.token_hex(16)}@no-address.invalid",
        name=_name(resource) or resource.user_name[:200],
        roles=granted(resource),
        active=resource.active is not False,
        external_id=resource.external_id,
        scim=said,
    )
    user.settle(by=None)
    user.updated_at = user.created_at
    note("scim.user.created", user.email, changes(None, resource))
    return user


def write(user: User, old: Any, new: Any) -> None:
    """Let a person be as `new` says. Raises `UniquenessException`, `LastAdmin`."""
    address, former = _address(new), user.email
    _refuse_taken(new, address, but=user.id)
    user.email, user.external_id = address or user.email, new.external_id
    if _name(new) not in ("", _name(old)):
        user.name = _name(new)
    unsaid = {_UNSAID: user.active} if new.active is None else {}
    user.scim = _kept(new) | unsaid
    db.session.flush()
    how = {"via": "scim", "token": name_of_token()}
    if new.active is False:
        user.deactivate(by=None, data=how)
    elif new.active:
        user.reactivate(by=None, data=how)
    before, after = granted(old), granted(new)
    if before != after:  # what an admin gave besides stays
        user.granted_roles = sorted((set(user.granted_roles) - before) | after)
        user.settle(by=None)
    touch(user)
    was = {"was": former} if user.email != former else {}
    note("scim.user.changed", user.email, changes(old, new), **was)


def remove(user: User) -> None:
    """Delete a person but for the name, which plans and comments bear. Raises `LastAdmin`."""
    address = user.email
    user.deactivate(by=None, data={"via": "scim", "token": name_of_token()})
    theirs = select(GroupMember.group_id).where(GroupMember.user_id == user.id)
    touch(user)
    db.session.execute(update(Group).where(Group.id.in_(theirs)).values(updated_at=user.updated_at))
    remove_all(user)
    user.email, user.external_id, user.scim = f"deleted+{user.id}@invalid", None, {}
    user.awaits_identity, user.deleted_at = False, user.updated_at
    note("scim.user.deleted", address, [], person=user.id)


def granted(resource: Any) -> set[str]:
    """Return the roles of ours that a directory gives; others are kept and grant nothing."""
    return {_role(one.value or "") for one in resource.roles or ()} & set(ROLES)


def _role(text: str) -> str:
    if text.startswith("{"):  # Entra's app roles come as JSON in a string
        try:
            text = str(json.loads(text).get("value", ""))
        except (ValueError, RecursionError):
            return ""
    words = text.strip().casefold()
    return next((role for role, said in ROLE_NAMES.items() if said.casefold() == words), words)


def _kept(resource: Any) -> dict[str, Any]:
    said = kept(resource, _OURS)
    if not resource.user_name.strip():
        raise InvalidValueException(detail="userName is empty")
    if resource.external_id is not None and len(resource.external_id) > 255:
        raise InvalidValueException(detail="externalId has at most 255 characters")
    key = {} if _is_address(resource.user_name) else {_KEY: resource.user_name.casefold()}
    return said | key


def _refuse_taken(resource: Any, address: str | None, *, but: int) -> None:
    conditions: list[ColumnElement[bool]] = [User.email == address] if address else []
    if not _is_address(resource.user_name):
        conditions.append(_named(resource.user_name))
    for condition in conditions:
        query = select(User.id).where(condition, User.id != but)
        if db.session.scalars(query.limit(1)).first() is not None:
            raise UniquenessException(detail="userName is taken")


def _address(resource: Any) -> str | None:
    """Return the address of the account: userName, else the primary or first e-mail."""
    emails = sorted(resource.emails or [], key=lambda one: not one.primary)
    found = (_address_of(text) for text in (resource.user_name, *(one.value for one in emails)))
    return next((address for address in found if address), None)


def _address_of(text: str | None) -> str | None:
    return text.strip().lower() if text and _is_address(text) else None


def _is_address(text: str) -> bool:
    name, mark, domain = text.strip().partition("@")
    plain = text.strip().isprintable() and " " not in text.strip()
    return bool(name and mark and domain and "@" not in domain and plain and len(text) <= 254)


def _name(resource: Any) -> str:
    name = resource.name
    parts = (name.given_name, name.family_name) if name else ()
    said = (
        resource.display_name,
        name.formatted if name else None,
        " ".join(part for part in parts if part),
    )
    printed = ("".join(mark for mark in " ".join((text or "").split()) if mark.isprintable())
               for text in said)  # fmt: skip
    return next((text[:200] for text in printed if text), "")
