"""The API: bearer tokens only, JSON in and out."""
