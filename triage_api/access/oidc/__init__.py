"""Log-in at the house's own identity provider: OpenID Connect, authorization code flow with PKCE."""
