"""Reviewers, sign-offs, attention and the gate."""
