"""The routes of OAuth."""

from __future__ import annotations

from planpush.views.oauth.device_codes import device_codes
from planpush.views.oauth.grants import grants
from planpush.views.oauth.metadata import metadata, resources
from planpush.views.oauth.revocations import revocations

OAUTH = (metadata, resources, device_codes, grants, revocations)
