"""Score sheets: each expert declares, scores alone and submits once."""
