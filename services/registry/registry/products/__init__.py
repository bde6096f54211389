"""Products new on the market: their nomination, the yearly catalogue and first purchases."""
