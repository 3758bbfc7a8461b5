"""Threads on a document, and where they are on every version."""
