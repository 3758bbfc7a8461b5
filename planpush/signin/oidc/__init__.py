"""OpenID Connect: Okta and others."""
