"""The way through: what is refused at the door, and how the rest reaches its service."""
