"""GitHub, OpenID Connect and single-use links: signing in and out."""
