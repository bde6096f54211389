"""The only door: identity and tokens, the way through to the services, the sandbox's clock."""
