"""Reading and writing canonical HTML."""
