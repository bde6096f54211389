"""Tokens that are worth something only with their holder's key (DPoP, RFC 9449)."""
