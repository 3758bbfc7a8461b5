"""How messages leave: Slack and webhooks."""
