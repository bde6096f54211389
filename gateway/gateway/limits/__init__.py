"""How much one caller may ask in a minute."""
