"""What happened, in plain words: the kinds of events as the audit log tells them."""

from __future__ import annotations

WORDS = {
    "audit.exported": "Exported the audit log",
    "client.allowed": "Allowed a client",
    "client.denied": "Denied a client",
    "comment.added": "Commented",
    "comment.deleted": "Deleted a comment",
    "comment.edited": "Edited a comment",
    "comment.restored": "Put a deleted comment back",
    "delivery.paused": "Paused deliveries",
    "delivery.resent": "Sent deliveries again",
    "delivery.resumed": "Resumed deliveries",
    "device.allowed": "Allowed a device to sign in",
    "device.denied": "Denied a device",
    "group_role.failed": "Could not change a group's role",
    "group_role.removed": "Took a group out of the role map",
    "group_role.set": "Mapped a group to a role",
    "identity.linked": "Connected an account of a provider",
    "identity.unlinked": "Disconnected an account of a provider",
    "integration.tested": "Tested an integration",
    "logout.back_channel": "Signed out by their provider, which told the server",
    "logout.failed": "A provider's logout was refused",
    "logout.front_channel": "Signed out by their provider, in the browser",
    "logout.universal": "Signed out everywhere by their provider",
    "placement.confirmed": "Confirmed where a thread sits",
    "placement.reattached": "Re-attached a thread",
    "placement.rejected": "Said that a thread is not there",
    "plan.channel_changed": "Changed a plan's Slack channel",
    "plan.handed_over": "Handed a plan over",
    "plan.published": "Published a plan",
    "plan.renamed": "Gave a plan another title",
    "plan.unpublished": "Un-published a plan",
    "role.change_failed": "Could not change a role",
    "role.changed": "Role changed",
    "scim.group.changed": "SCIM changed a group",
    "scim.group.created": "SCIM made a group",
    "scim.group.deleted": "SCIM deleted a group",
    "scim.refused": "SCIM call refused",
    "scim.user.changed": "SCIM changed an account",
    "scim.user.created": "SCIM made an account",
    "scim.user.deleted": "SCIM deleted an account",
    "secret.allowed": "Pushed what looks like a secret",
    "session.ended": "Signed out",
    "session.started": "Signed in",
    "sessions.revoked": "Ended every session and token",
    "setting.change_failed": "Could not change settings",
    "setting.changed": "Changed a setting",
    "sign_in.failed": "Sign-in failed",
    "sign_in_link.issued": "Made a sign-in link",
    "thread.answered": "Answered a thread",
    "thread.opened": "Opened a thread",
    "thread.reopened": "Reopened a thread",
    "thread.resolved": "Resolved a thread",
    "token.issued": "Made a token",
    "token.refused": "A client was refused tokens",
    "token.refreshed": "A client renewed its tokens",
    "token.reuse": "A used-up token came again: its family was revoked",
    "token.revoked": "Revoked a token",
    "user.added": "Account made",
    "user.deactivated": "Account deactivated",
    "user.deactivation_failed": "Could not deactivate an account",
    "user.reactivated": "Account reactivated",
    "version.purged": "Purged a version",
    "version.pushed": "Pushed a version",
    "webhook.added": "Added a webhook",
    "webhook.changed": "Changed a webhook",
    "webhook.paused": "Paused a webhook",
    "webhook.removed": "Removed a webhook",
    "webhook.resumed": "Resumed a webhook",
    "webhook.tested": "Tested a webhook",
}


def in_words(kind: str) -> str:
    """Return what happened; a kind that nobody put into words speaks for itself."""
    return WORDS.get(kind) or kind.replace(".", " ").replace("_", " ").capitalize()


def kinds_said(word: str) -> list[str]:
    """Return the kinds whose words contain `word`, in any case."""
    return [kind for kind, said in WORDS.items() if word.casefold() in said.casefold()]
