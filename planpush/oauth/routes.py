"""Registers every OAuth blueprint."""

from __future__ import annotations

from flask import Blueprint

from planpush.oauth.authorizations import authorizations
from planpush.oauth.clients import clients
from planpush.oauth.device_codes import device_codes
from planpush.oauth.grants import grants
from planpush.oauth.metadata import metadata, resources
from planpush.oauth.revocations import revocations

OAUTH: tuple[Blueprint, ...] = (
    metadata,
    resources,
    authorizations,
    clients,
    device_codes,
    grants,
    revocations,
)
