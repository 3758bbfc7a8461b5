"""A plan's document: text in, values out. No database and no request."""
