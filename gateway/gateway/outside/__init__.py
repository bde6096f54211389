"""Signing in at an outside issuer that the operator trusts (OpenID Connect)."""
