"""Pure document work: text in, values out; nothing of Flask, SQLAlchemy, or ours above."""
