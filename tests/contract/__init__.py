"""What `make check` looks at beside the tests: each module is one question to the whole."""
