"""What the members of a centre agreed about what they will own, earn and risk together."""
