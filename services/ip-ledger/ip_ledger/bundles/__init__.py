"""What a co-owner can prove without us: its lines, their proofs, and that each run adds up."""
