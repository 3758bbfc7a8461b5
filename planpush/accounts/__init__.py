"""People, roles, groups, identities, browser sessions and tokens."""
