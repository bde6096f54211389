"""How an organization comes to its first account: by a claim that a handler confirms."""
