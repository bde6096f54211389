"""Money that inventions bring in, and what the law lets one take off first."""
