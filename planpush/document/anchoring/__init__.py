"""Where a comment is on this version of a document."""
