"""OAuth for clients: form bodies in, RFC 6749's answers out."""
