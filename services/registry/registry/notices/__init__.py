"""Public notice of what is about to be decided, and objections to it."""
