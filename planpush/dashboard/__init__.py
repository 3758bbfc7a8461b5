"""The list of plans: query language, filters and search."""
