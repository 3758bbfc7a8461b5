"""Server-sent events, presence and long polls."""
