"""What the programme comes to: its targets, who takes part, and what was done in a year."""
