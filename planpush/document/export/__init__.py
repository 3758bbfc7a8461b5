"""A plan as Markdown, annotations or a portable record."""
