"""The salted Merkle log: proof that a record was kept, without trust in whoever keeps it."""
