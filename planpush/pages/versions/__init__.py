"""Versions, comparisons and exports."""
