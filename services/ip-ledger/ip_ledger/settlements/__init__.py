"""What members of a centre owe one another for what they used of each other's."""
