"""What libraries may log: not what they say at DEBUG, which holds client secrets and tokens."""

from __future__ import annotations

import logging

# Flask-Dance prints the client secret, requests-oauthlib and Authlib whole tokens.
TALKATIVE = (
    "flask_dance", "requests_oauthlib", "oauthlib", "authlib", "joserfc", "urllib3", "slack_sdk",
)  # fmt: skip


def init_logs(level: str) -> None:
    """Keep those libraries at INFO or above, however much detail LOG_LEVEL asks of us."""
    least = max(logging.INFO, logging.getLevelNamesMapping()[level])
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(least)
