"""Keys of parties' own, with which they sign texts beside their accounts."""
