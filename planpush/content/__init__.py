"""Pure document work: text in, values out. Imports no Flask, no SQLAlchemy, nothing of ours above."""
