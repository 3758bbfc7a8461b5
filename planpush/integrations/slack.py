"""Slack: messages to a channel, by an incoming webhook or by a bot."""

from __future__ import annotations

from http.client import HTTPException

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from planpush.content.slack_blocks import blocks, fallback
from planpush.models.claim import Arrived, Dropped, Failed, Outcome
from planpush.models.setting import settings
from planpush.models.telling import Parcel

# Longer than Slack may think: who gives up earlier does not know whether it arrived.
TIMEOUT = 45


def to_channel(parcel: Parcel) -> Outcome:
    """Post a message to the channel."""
    found = settings()
    if not found.slack_webhook_url:
        return Dropped("Slack is not set up any more")
    client = WebhookClient(found.slack_webhook_url, timeout=TIMEOUT, retry_handlers=[])
    try:
        answer = client.send(text=fallback(parcel.message), blocks=blocks(parcel.message))
    except (SlackClientError, OSError, ValueError, HTTPException) as error:
        return Failed(f"Slack does not answer ({type(error).__name__})", unsure=True)
    if answer.status_code == 200:
        return Arrived()
    return Failed(f"Slack answered {answer.status_code}")
