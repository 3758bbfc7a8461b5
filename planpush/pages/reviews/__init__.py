"""Reviewers, sign-offs and attention."""
