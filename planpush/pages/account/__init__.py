"""A person's own profile, sessions, tokens and notifications."""
