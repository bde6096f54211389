"""The ledger's own records in the programme's one shape for what happened."""
