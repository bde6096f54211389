"""How the city supports a centre: one plan each, and the measures that follow from it."""
