"""Reads and writes SCIM resources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from flask import g
from scim2_models import (
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    TooManyException,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import IntegrityError

from planpush.accounts.groups import Group
from planpush.accounts.user import User
from planpush.database.session import db
from planpush.scim import groups, users
from planpush.scim.filters import narrowed
from planpush.scim.record import row_id
from planpush.scim.schemas import PROVIDER

KINDS: dict[str, ModuleType] = {"User": users, "Group": groups}
_LAST = 2**31  # no offset is higher
_LOCK = 0x5C1A
# What no index serves is compared row by row: rows x (what one costs + the filter's length).
_EFFORT, _ROW = 2_500_000, 500


class SqlStorage(ScimStorage):
    """People and groups, by kind. It holds nothing itself, so any thread may use it."""

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Do one operation; writes come one after the other, so none works on stale rows."""
        if g.get("writes") and db.engine.dialect.name == "postgresql":
            db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        try:
            yield
            db.session.flush()
        except IntegrityError as error:  # somebody signed in for the first time just now
            raise UniquenessException from error

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """Return a resource."""
        return _shown(_row(resource_type, resource_id), resource_type, response_parameters)

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,  # noqa: ARG002 (we page by index only)
    ) -> SearchPage:
        """Return a page. What no index serves is compared by the library, row by row."""
        start = min(search_request.start_index_0 or 0, _LAST)
        stop = None if search_request.count is None else start + search_request.count
        if len(resource_types) == 1 and not search_request.filter and not search_request.sort_by:
            return _page(resource_types[0], search_request, start, stop)
        found = [
            resource
            for resource_type in resource_types
            for resource in _matching(resource_type, search_request)
        ]
        return SearchPage(len(found), search_request.sort(found)[start:stop])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Store a new resource and return it."""
        row = _kind(resource_type).add(resource)
        db.session.flush()
        return _shown(row, resource_type)

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """Let a stored resource be as given, and return it."""
        row = _row(resource_type, resource.id or "")
        old = _shown(row, resource_type)
        _check_version(old, expected_version)
        _kind(resource_type).write(row, old, resource)
        db.session.flush()
        return _shown(row, resource_type)

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Delete a resource."""
        row = _row(resource_type, resource_id)
        _check_version(_shown(row, resource_type), expected_version)
        _kind(resource_type).remove(row)

    def update_members(self, group: Resource[Any], into: set[str], out: set[str]) -> None:
        """Let people join and leave a group without reading who else is in it."""
        row = _row(_type("Group"), group.id or "")
        groups.write_members(row, into, out)


def _type(name: str) -> ResourceType:
    return next(one for one in PROVIDER.resource_types if one.name == name)


def _kind(resource_type: ResourceType) -> ModuleType:
    return KINDS[resource_type.name or ""]


def _row(resource_type: ResourceType, resource_id: str) -> Any:
    kind = _kind(resource_type)
    query = kind.rows().where(kind.TABLE.id == row_id(resource_id, kind.PREFIX))
    row = db.session.scalar(query.with_for_update() if g.get("writes") else query)
    if row is None:
        raise NotFoundException(detail=f"{resource_type.name} {resource_id[:80]!r} not found")
    return row


def _shown(row: User | Group, resource_type: ResourceType, wanted: Any = None) -> Resource[Any]:
    found: list[Resource[Any]] = _kind(resource_type).shown([row], _model(resource_type), wanted)
    return found[0]


def _model(resource_type: ResourceType) -> Any:
    return PROVIDER.model_for(resource_type)


def _check_version(resource: Resource[Any], expected: str | None) -> None:
    if expected is not None and resource.meta is not None and resource.meta.version != expected:
        raise PreconditionFailedException


def _page(resource_type: ResourceType, wanted: Any, start: int, stop: int | None) -> SearchPage:
    kind = _kind(resource_type)
    query: Select[Any] = kind.rows()
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    query = query.order_by(kind.TABLE.id).offset(start)
    rows = db.session.scalars(query if stop is None else query.limit(stop - start))
    return SearchPage(total, kind.shown(rows.all(), _model(resource_type), wanted))


def _check_effort(query: Select[Any], size: int) -> None:
    """Refuse a search that would compare very much row by row."""
    count = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    if (count or 0) * (_ROW + size) > _EFFORT:
        detail = f"{count:,} would be compared one by one: filter by userName, externalId or id"
        raise TooManyException(detail=detail)


def _matching(resource_type: ResourceType, wanted: SearchRequest[Any]) -> list[Resource[Any]]:
    kind = _kind(resource_type)
    query = kind.rows().order_by(kind.TABLE.id)
    if wanted.filter is not None:
        query = query.where(*narrowed(wanted.filter.ast, kind))
    _check_effort(query, len(str(wanted.filter or "")))
    found = kind.shown(db.session.scalars(query).all(), _model(resource_type), wanted)
    return [one for one in found if wanted.filter is None or wanted.filter.match(one)]
