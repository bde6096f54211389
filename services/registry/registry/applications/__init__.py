"""The way from a draft to the pilot list."""
