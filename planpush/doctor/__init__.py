"""The doctor: is everything there that this server needs, and what to do where it is not."""
