"""People, the programs that speak for them, and what each may act as."""
