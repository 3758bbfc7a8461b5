"""Directories provision people and groups."""
