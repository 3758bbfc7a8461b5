"""The routes of OAuth."""

from __future__ import annotations

from flask import Blueprint

from planpush.views.oauth.authorizations import authorizations
from planpush.views.oauth.clients import clients
from planpush.views.oauth.device_codes import device_codes
from planpush.views.oauth.grants import grants
from planpush.views.oauth.metadata import metadata, resources
from planpush.views.oauth.revocations import revocations

OAUTH: tuple[Blueprint, ...] = (
    metadata,
    resources,
    authorizations,
    clients,
    device_codes,
    grants,
    revocations,
)
