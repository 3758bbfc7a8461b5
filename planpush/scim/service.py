"""SCIM 2.0 endpoints on our tables."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request
from pydantic_core import from_json
from scim2_flask import ScimServer
from scim2_models import (
    Error,
    InvalidFilterException,
    InvalidValueException,
    PatchOp,
    Resource,
    ResourceType,
    SCIMException,
    User,
)
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.service import ScimService

from planpush.scim.schemas import PROVIDER
from planpush.scim.storage import SqlStorage

PREFIX = "/scim/v2"
MOST_FILTER = 100_000  # characters
MOST_LOOKS = 10_000  # an operation of a PATCH looks at each value that a person has
MOST_OPERATIONS = 500  # of one PATCH: each reads the resource; members may come in one of them
_MEMBERS = re.compile(
    r'(?:urn:ietf:params:scim:schemas:core:2\.0:Group:)?members(?:\[value eq "([^"\\]*)"\])?', re.I
)
_NOISE = re.compile(r"\s*(For further information visit \S+|\[type=\w+[^\]]*\])")


class Service(ScimService):
    """The protocol, tolerant where directories are sloppy."""

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> PatchOp[Any]:
        """Read a PATCH; what Entra adds to a removal does not change what is removed."""
        self.ensure_json(content_type)
        return super().read_patch(resource_type, _tidied(body), content_type)

    def read_search(self, resource_types: list[ResourceType], payload: Any) -> Any:
        """Read a search; a filter that takes long to read is refused."""
        named = payload.items() if isinstance(payload, dict) else ()
        if any(
            name.casefold() == "filter" and len(str(told)) > MOST_FILTER for name, told in named
        ):
            detail = f"a filter has {MOST_FILTER:,} characters at most: ask more than once"
            raise InvalidFilterException(detail=detail)
        return super().read_search(resource_types, payload)

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """Apply a PUT; one that changes nothing is stored too, for its audit row."""
        return super().apply_replacement(current, replacement, conditions) or replacement

    def apply_patch(
        self, current: Resource[Any], patch_op: PatchOp[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """Apply a PATCH; one that changes nothing is stored too, for its audit row."""
        held = sum(len(told) for _, told in current if isinstance(told, list))
        many = len(patch_op.operations or ())
        if isinstance(current, User) and many * (many + held) > MOST_LOOKS:
            detail = f"too many operations for {held} values: send some of them in another PATCH"
            raise InvalidValueException(detail=detail)
        return super().apply_patch(current, patch_op, conditions) or current

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """Return an error in plain words."""
        error = ScimService.error_of(exception)
        error.detail = _NOISE.sub("", error.detail or "").strip() or None
        return error


class Handler(ScimHandler):
    """The operations; of a large group, a change of members reads only those."""

    storage: SqlStorage

    def patch_resource(
        self,
        resource_type: ResourceType,
        resource_id: str,
        patch_op: PatchOp[Any],
        conditions: Conditions,
    ) -> Resource[Any]:
        """Apply a PATCH and return the resource."""
        moves = _moves(patch_op) if resource_type.name == "Group" else None
        if moves is None or request.args:  # the answer is to show the group
            return super().patch_resource(resource_type, resource_id, patch_op, conditions)
        without = self.service.read_response_parameters(
            resource_type, {"excludedAttributes": "members"}
        )
        current = self.storage.get(resource_type, resource_id, response_parameters=without)
        self.service.check_preconditions(current, "PATCH", conditions)
        into = {one for one, is_in in moves.items() if is_in}
        self.storage.update_members(current, into, set(moves) - into)
        return self.storage.get(resource_type, resource_id, response_parameters=without)


def _tidied(body: bytes) -> bytes:
    try:
        message = from_json(body)
    except ValueError:
        return body  # the library says what is wrong with it
    named = message.items() if isinstance(message, dict) else ()
    operations = next((some for name, some in named if name.lower() == "operations"), None)
    operations = operations if isinstance(operations, list) else []
    if len(operations) > MOST_OPERATIONS:
        detail = f"a PATCH has {MOST_OPERATIONS} operations at most: send the rest in another"
        raise InvalidValueException(detail=detail)
    for one in operations:
        if isinstance(one, dict) and str(one.get("op")).lower() == "remove" and "value" in one:
            one["value"] = _selected(one["value"])
    return json.dumps(message).encode()


def _selected(value: Any) -> Any:
    """Return what a removal's value selects by: ids alone, and nothing for a plain value."""
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        return None
    return [{"value": one["value"]} if "value" in one else one for one in entries]


def _moves(patch_op: PatchOp[Any]) -> dict[str, bool] | None:
    """Return who is in at the end, and who is not; None if a PATCH does anything else."""
    moves: dict[str, bool] = {}
    for one in patch_op.operations or ():
        found = _MEMBERS.fullmatch(str(one.path or ""))
        ids = [found[1]] if found and found[1] is not None else _ids(one.value)
        is_add = one.op == one.Op.add
        if found is None or one.op == one.Op.replace_ or not ids or (is_add and found[1]):
            return None
        moves |= dict.fromkeys(ids, is_add)
    return moves


def _ids(value: Any) -> list[str]:
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list):
        return []
    given = [one.get("value") if isinstance(one, dict) else None for one in entries]
    ids = [one for one in given if isinstance(one, str)]
    return ids if len(ids) == len(given) else []


_STORAGE, _SERVICE = SqlStorage(), Service(PROVIDER)
_SERVER = ScimServer(_STORAGE, PROVIDER, service=_SERVICE, url_prefix=PREFIX)
_SERVER.service = _SERVICE
_HANDLER = Handler(_SERVICE, _STORAGE)


def answer() -> Response:
    """Answer the SCIM request at hand; none of this is of one app or one request."""
    try:
        done = _HANDLER.handle(_SERVER.read_request())
    except SCIMException as refusal:
        done = _SERVICE.error_response(refusal)
    body = None if done.body is None else json.dumps(done.body)
    return Response(body, done.status, done.headers)
