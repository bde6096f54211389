"""Reports of centres that a year does not judge: read by the office, and never scored."""
