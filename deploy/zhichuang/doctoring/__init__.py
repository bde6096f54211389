"""`zhichuang doctor`: looks at everything that a running house needs, and tells what is wrong."""
