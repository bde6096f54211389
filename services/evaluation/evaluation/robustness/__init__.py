"""How ratings and ranks move under other weights and means, without a sheet or an indicator."""
