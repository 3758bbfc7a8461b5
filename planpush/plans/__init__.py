"""A plan, its versions and sections, and who may see it."""
