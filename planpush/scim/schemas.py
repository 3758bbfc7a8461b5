"""SCIM schemas and what this server supports.

The library's models, a little more tolerant: Okta and Entra send addresses under `.local`, a
manager and roles as plain strings, and values wrapped as `[{"value": …}]`.
"""

from typing import Annotated, Any

import scim2_models as rfc
from pydantic import Field, field_validator, model_validator
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Mutability,
    Patch,
    Reference,
    ResourceType,
    Returned,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)
from scim2_models.resources.resource import AnyExtension

MOST_RESULTS = 200


class _Loose(ComplexAttribute):
    """A complex value that may come as the plain string which is its `value`."""

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, given: Any) -> Any:
        return {"value": given} if isinstance(given, str) else given


class Email(_Loose):
    """An address; the library's own refuses reserved domains, which companies use inside."""

    value: str | None = None
    display: str | None = None
    type: str | None = Field(None, examples=["work", "home", "other"])
    primary: bool | None = None


class Role(_Loose):
    """A role: our own names count, others are kept."""

    value: str | None = None
    display: str | None = None
    type: str | None = None
    primary: bool | None = None


class User(rfc.User[AnyExtension]):
    """A person."""

    emails: list[Email] | None = None  # type: ignore[assignment]
    roles: list[Role] | None = None  # type: ignore[assignment]

    @field_validator("active", "display_name", "user_name", "external_id", mode="before")
    @classmethod
    def _unwrap(cls, given: Any) -> Any:
        return unwrapped(given)


class Manager(_Loose):
    """Who somebody reports to; kept as given."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display_name: str | None = None


class EnterpriseUser(rfc.EnterpriseUser):
    """What a company keeps of its people."""

    manager: Manager | None = None  # type: ignore[assignment]

    @field_validator("manager", mode="before")
    @classmethod
    def _first(cls, given: Any) -> Any:
        given = given[0] if isinstance(given, list) and len(given) == 1 else given
        return given or None


class GroupMember(ComplexAttribute):
    """Somebody in a group. Groups in groups are not supported."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    display: Annotated[str | None, Mutability.read_only, Returned.request] = None


class Group(rfc.Group):
    """A group."""

    members: list[GroupMember] | None = None  # type: ignore[assignment]

    @field_validator("display_name", "external_id", mode="before")
    @classmethod
    def _unwrap(cls, given: Any) -> Any:
        return unwrapped(given)


def unwrapped(given: Any) -> Any:
    """Return the plain value in `[{"value": x}]` or `{"value": x}`."""
    given = given[0] if isinstance(given, list) and len(given) == 1 else given
    return given["value"] if isinstance(given, dict) and "value" in given else given


CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="A token that an admin made: planpush scim-token create.",
            primary=True,
        )
    ],
)
PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[
        ResourceType.from_resource(User[EnterpriseUser]),
        ResourceType.from_resource(Group),
    ],
    config=CONFIG,
    policy=ScimPolicy(
        unknown=ScimPolicy.Unknown.ignore,
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    ),
)
