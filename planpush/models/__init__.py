"""Nouns with verbs: they know the database and the document, never a request."""
