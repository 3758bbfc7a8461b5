"""Measurements: each prints a table and exits 1 below its gate."""
