"""A data folder copied while it works, and brought back: database, files, keys, manifest."""
