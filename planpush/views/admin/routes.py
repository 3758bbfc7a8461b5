"""Every blueprint of the admin pages."""

from __future__ import annotations

from planpush.views.admin.audit import audit
from planpush.views.admin.audit_exports import audit_exports
from planpush.views.admin.checks import checks
from planpush.views.admin.deactivations import deactivations
from planpush.views.admin.deliveries import deliveries
from planpush.views.admin.delivery_attempts import delivery_attempts
from planpush.views.admin.erasures import erasures
from planpush.views.admin.group_roles import group_roles
from planpush.views.admin.integrations import integrations
from planpush.views.admin.member_sessions import member_sessions
from planpush.views.admin.members import members
from planpush.views.admin.outlet_pauses import outlet_pauses
from planpush.views.admin.personal_data import personal_data
from planpush.views.admin.roles import roles
from planpush.views.admin.scim_tokens import scim_tokens
from planpush.views.admin.settings import settings
from planpush.views.admin.sign_in_links import sign_in_links
from planpush.views.admin.webhook_pauses import webhook_pauses
from planpush.views.admin.webhook_secrets import webhook_secrets
from planpush.views.admin.webhook_tests import webhook_tests
from planpush.views.admin.webhooks import webhooks

ADMIN = (
    members, deactivations, member_sessions, sign_in_links, roles, group_roles, integrations,
    checks, scim_tokens, audit, audit_exports, settings,
    webhooks, webhook_pauses, webhook_secrets, webhook_tests,
    deliveries, delivery_attempts, outlet_pauses, erasures, personal_data,
)  # fmt: skip
