"""Every blueprint of the app."""

from __future__ import annotations

from flask import Flask

from planpush.views.activations import activations
from planpush.views.admin.routes import ADMIN
from planpush.views.api.documents import documents as api_documents
from planpush.views.api.infos import infos
from planpush.views.api.lints import lints
from planpush.views.api.outlines import outlines
from planpush.views.api.plans import plans as api_plans
from planpush.views.api.pushes import pushes
from planpush.views.api.threads import threads as api_threads
from planpush.views.browser_sessions import browser_sessions
from planpush.views.comments import comments
from planpush.views.dashboard import dashboard
from planpush.views.documents import documents
from planpush.views.exports import exports
from planpush.views.github_sign_ins import github_sign_ins
from planpush.views.handovers import handovers
from planpush.views.health import health
from planpush.views.identities import identities
from planpush.views.logouts import logouts
from planpush.views.oauth.routes import OAUTH
from planpush.views.okta_sign_ins import okta_sign_ins
from planpush.views.owners import owners
from planpush.views.plans import plans
from planpush.views.profiles import profiles
from planpush.views.publications import publications
from planpush.views.purges import purges
from planpush.views.resolutions import resolutions
from planpush.views.scim import scim
from planpush.views.setups import left, setups
from planpush.views.sign_ins import sign_ins
from planpush.views.threads import threads
from planpush.views.tokens import tokens
from planpush.views.updates import updates
from planpush.views.versions import versions
from planpush.views.vocabularies import vocabularies


def init_views(app: Flask) -> None:
    """Register the routes."""
    for blueprint in (
        health, sign_ins, github_sign_ins, okta_sign_ins, logouts,
        dashboard, plans, documents, threads, comments,
        resolutions, setups, left, profiles, identities, browser_sessions, tokens,
        publications, exports, updates, infos, lints, pushes, api_plans, outlines, api_documents,
        api_threads, vocabularies,
        owners, handovers, purges, versions, scim,
        activations, *OAUTH, *ADMIN,
    ):  # fmt: skip
        app.register_blueprint(blueprint)
