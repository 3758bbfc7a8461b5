"""Registers every blueprint."""

from __future__ import annotations

from flask import Blueprint, Flask

from planpush.api.routes import API
from planpush.mcp.messages import messages
from planpush.oauth.activations import activations
from planpush.oauth.routes import OAUTH
from planpush.pages.account.browser_sessions import browser_sessions
from planpush.pages.account.grants import grants
from planpush.pages.account.identities import identities
from planpush.pages.account.muted_plans import mutes
from planpush.pages.account.notices import notices
from planpush.pages.account.notifications import notifications
from planpush.pages.account.personal_data import personal_data
from planpush.pages.account.profile import profiles
from planpush.pages.account.tokens import tokens
from planpush.pages.account.unread import bells
from planpush.pages.activity import activity
from planpush.pages.admin.routes import ADMIN
from planpush.pages.comments.comments import comments
from planpush.pages.comments.conversations import conversations
from planpush.pages.comments.drafts import drafts
from planpush.pages.comments.edit_history import wordings
from planpush.pages.comments.mentions import mentions
from planpush.pages.comments.placements import placements
from planpush.pages.comments.resolutions import resolutions
from planpush.pages.comments.restorations import restorations
from planpush.pages.comments.threads import threads
from planpush.pages.dashboard.bulk import bulks
from planpush.pages.dashboard.dashboard import dashboard
from planpush.pages.dashboard.undo import undos
from planpush.pages.dashboard.updates import listing_updates
from planpush.pages.plans.archives import archives
from planpush.pages.plans.deletions import deletions
from planpush.pages.plans.documents import documents
from planpush.pages.plans.editors import editor_pages
from planpush.pages.plans.handovers import handovers
from planpush.pages.plans.owners import owners
from planpush.pages.plans.plans import plans
from planpush.pages.plans.presence import viewers
from planpush.pages.plans.publications import publications
from planpush.pages.plans.refreshes import refreshes
from planpush.pages.plans.slack_channels import slack_channels
from planpush.pages.plans.streams import events
from planpush.pages.plans.updates import updates
from planpush.pages.plans.visits import visits
from planpush.pages.reviews.attention import turns
from planpush.pages.reviews.reviewers import reviewer_pages
from planpush.pages.reviews.reviews import reviews
from planpush.pages.reviews.sign_offs import sign_offs
from planpush.pages.setup import left, setups
from planpush.pages.versions.comparisons import comparisons
from planpush.pages.versions.exports import exports
from planpush.pages.versions.history import histories
from planpush.pages.versions.purges import purges
from planpush.pages.versions.restorations import version_restorations
from planpush.pages.versions.versions import versions
from planpush.pages.vocabulary import vocabularies
from planpush.scim.pages import scim
from planpush.server.health import health
from planpush.server.metrics import metrics
from planpush.server.plugin_files import deliveries
from planpush.signin.github_pages import github_sign_ins
from planpush.signin.oidc.logout_pages import logouts
from planpush.signin.oidc.pages import okta_sign_ins
from planpush.signin.pages import sign_ins


def init_views(app: Flask) -> None:
    """Register the routes."""
    every: tuple[Blueprint, ...] = (
        health, metrics, sign_ins, github_sign_ins, okta_sign_ins, logouts,
        dashboard, listing_updates, plans, documents, threads, comments, drafts, events, viewers,
        resolutions, refreshes, placements, setups, left, profiles, identities,
        browser_sessions, tokens, grants, publications, exports, updates, vocabularies,
        owners, editor_pages, handovers, purges, versions, histories, version_restorations, scim,
        activity, conversations, mentions, restorations, wordings, comparisons,
        notices, bells, mutes, notifications, slack_channels,
        reviews, reviewer_pages, sign_offs, turns,
        visits, archives, bulks, undos, activations, deliveries, messages,
        deletions, personal_data, *API, *OAUTH, *ADMIN,
    )  # fmt: skip
    for blueprint in every:
        app.register_blueprint(blueprint)
