"""What happened at the door: a chain of records that only grows, for auditors."""
