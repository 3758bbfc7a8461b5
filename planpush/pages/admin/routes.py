"""Registers every admin blueprint."""

from __future__ import annotations

from planpush.pages.admin.audit import audit
from planpush.pages.admin.audit_exports import audit_exports
from planpush.pages.admin.channel_pauses import outlet_pauses
from planpush.pages.admin.checks import checks
from planpush.pages.admin.deactivations import deactivations
from planpush.pages.admin.deliveries import deliveries
from planpush.pages.admin.delivery_attempts import delivery_attempts
from planpush.pages.admin.erasures import erasures
from planpush.pages.admin.group_roles import group_roles
from planpush.pages.admin.integrations import integrations
from planpush.pages.admin.people import members
from planpush.pages.admin.person_sessions import member_sessions
from planpush.pages.admin.personal_data import personal_data
from planpush.pages.admin.roles import roles
from planpush.pages.admin.scim_tokens import scim_tokens
from planpush.pages.admin.settings import settings
from planpush.pages.admin.sign_in_links import sign_in_links
from planpush.pages.admin.webhook_pauses import webhook_pauses
from planpush.pages.admin.webhook_secrets import webhook_secrets
from planpush.pages.admin.webhook_tests import webhook_tests
from planpush.pages.admin.webhooks import webhooks

ADMIN = (
    members, deactivations, member_sessions, sign_in_links, roles, group_roles, integrations,
    checks, scim_tokens, audit, audit_exports, settings,
    webhooks, webhook_pauses, webhook_secrets, webhook_tests,
    deliveries, delivery_attempts, outlet_pauses, erasures, personal_data,
)  # fmt: skip
