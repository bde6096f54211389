"""How the prices of deals were found."""
