"""Every blueprint of the app."""

from __future__ import annotations

from flask import Blueprint, Flask

from planpush.views.activations import activations
from planpush.views.activity import activity
from planpush.views.admin.routes import ADMIN
from planpush.views.api.routes import API
from planpush.views.archives import archives
from planpush.views.bells import bells
from planpush.views.browser_sessions import browser_sessions
from planpush.views.bulks import bulks
from planpush.views.comments import comments
from planpush.views.comparisons import comparisons
from planpush.views.conversations import conversations
from planpush.views.dashboard import dashboard
from planpush.views.deletions import deletions
from planpush.views.deliveries import deliveries
from planpush.views.documents import documents
from planpush.views.drafts import drafts
from planpush.views.editors import editors
from planpush.views.events import events
from planpush.views.exports import exports
from planpush.views.github_sign_ins import github_sign_ins
from planpush.views.grants import grants
from planpush.views.handovers import handovers
from planpush.views.health import health
from planpush.views.histories import histories
from planpush.views.identities import identities
from planpush.views.listing_updates import listing_updates
from planpush.views.logouts import logouts
from planpush.views.mcp.messages import messages
from planpush.views.mentions import mentions
from planpush.views.metrics import metrics
from planpush.views.mutes import mutes
from planpush.views.notices import notices
from planpush.views.notifications import notifications
from planpush.views.oauth.routes import OAUTH
from planpush.views.okta_sign_ins import okta_sign_ins
from planpush.views.owners import owners
from planpush.views.personal_data import personal_data
from planpush.views.placements import placements
from planpush.views.plans import plans
from planpush.views.profiles import profiles
from planpush.views.publications import publications
from planpush.views.purges import purges
from planpush.views.refreshes import refreshes
from planpush.views.resolutions import resolutions
from planpush.views.restorations import restorations
from planpush.views.reviewers import reviewers
from planpush.views.reviews import reviews
from planpush.views.scim import scim
from planpush.views.setups import left, setups
from planpush.views.sign_ins import sign_ins
from planpush.views.sign_offs import sign_offs
from planpush.views.slack_channels import slack_channels
from planpush.views.threads import threads
from planpush.views.tokens import tokens
from planpush.views.turns import turns
from planpush.views.undos import undos
from planpush.views.updates import updates
from planpush.views.version_restorations import version_restorations
from planpush.views.versions import versions
from planpush.views.viewers import viewers
from planpush.views.visits import visits
from planpush.views.vocabularies import vocabularies
from planpush.views.wordings import wordings


def init_views(app: Flask) -> None:
    """Register the routes."""
    every: tuple[Blueprint, ...] = (
        health, metrics, sign_ins, github_sign_ins, okta_sign_ins, logouts,
        dashboard, listing_updates, plans, documents, threads, comments, drafts, events, viewers,
        resolutions, refreshes, placements, setups, left, profiles, identities,
        browser_sessions, tokens, grants, publications, exports, updates, vocabularies,
        owners, editors, handovers, purges, versions, histories, version_restorations, scim,
        activity, conversations, mentions, restorations, wordings, comparisons,
        notices, bells, mutes, notifications, slack_channels,
        reviews, reviewers, sign_offs, turns,
        visits, archives, bulks, undos, activations, deliveries, messages,
        deletions, personal_data, *API, *OAUTH, *ADMIN,
    )  # fmt: skip
    for blueprint in every:
        app.register_blueprint(blueprint)
