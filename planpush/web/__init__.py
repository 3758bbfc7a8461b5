"""HTTP manners: who is asking, how answers look, errors, headers, CSRF, limits, assets."""
